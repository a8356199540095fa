//! The model as the checker walks through it.

use stateright::{Model, Property};

use super::{
    person::Person,
    process::Step,
    properties,
    world::{Left, Rules, World},
};

/// A way to run the protocol, and how far it is followed.
pub(super) struct Refresh {
    pub(super) rules: Rules,
    pub(super) processes: usize,
    pub(super) bounds: Left,
}

/// One step of anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Action {
    /// A process's, by its number.
    Process(usize, Step),
    /// A request arrives whose sender does not wait any more.
    AnswerAstray(usize),
    Person(Person),
}

impl Model for Refresh {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.rules, self.processes, self.bounds)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (who, process) in world.processes.iter().enumerate() {
            actions.extend(process.steps(world).into_iter().map(|step| Action::Process(who, step)));
        }
        let astray = &world.provider.astray;
        let arriving = (0..astray.len()).filter(|&index| world.may_answer(astray[index]));
        actions.extend(arriving.map(Action::AnswerAstray));
        actions.extend(world.persons_steps().map(Action::Person));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Process(who, step) => next.go(who, step),
            Action::Person(step) => next.person(step),
            Action::AnswerAstray(index) => {
                let pair = next.provider.astray.remove(index);
                next.answer(pair);
            }
        }
        next.normalize();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self.bounds, self.rules.rotates)
    }
}
