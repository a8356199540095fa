//! The model as the checker walks through it.

use stateright::{Model, Property};

use super::{
    process::Step,
    properties,
    user::UserStep,
    world::{Budget, Rules, World},
};

/// A way to run the protocol, and how far it is followed.
pub(super) struct Refresh {
    pub(super) rules: Rules,
    pub(super) processes: usize,
    pub(super) bounds: Budget,
}

/// One step of anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Action {
    /// A process's, by its number.
    Process(usize, Step),
    /// A request arrives whose sender does not wait any more.
    AnswerInFlight(usize),
    UserStep(UserStep),
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
        let in_flight = &world.provider.in_flight;
        let arriving = (0..in_flight.len()).filter(|&index| world.may_answer(in_flight[index]));
        actions.extend(arriving.map(Action::AnswerInFlight));
        actions.extend(world.user_steps().map(Action::UserStep));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Process(who, step) => next.apply(who, step),
            Action::UserStep(step) => next.user(step),
            Action::AnswerInFlight(index) => {
                let pair = next.provider.in_flight.remove(index);
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
