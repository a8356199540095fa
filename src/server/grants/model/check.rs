//! The model in the form that the checker explores.

use stateright::{Model, Property};

use super::{
    process::Step,
    properties,
    user::UserStep,
    world::{Budget, Rules, World},
};

/// The rules of the protocol, and how far it is explored.
pub(super) struct RefreshModel {
    pub(super) rules: Rules,
    pub(super) processes: usize,
    pub(super) budget: Budget,
}

/// One step of a process, the provider or the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Action {
    /// By the process with this index.
    Process(usize, Step),
    /// The request with this index arrives at the provider, after its sender stopped waiting for the response.
    LateRequest(usize),
    User(UserStep),
}

impl Model for RefreshModel {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.rules, self.processes, self.budget)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (index, process) in world.processes.iter().enumerate() {
            actions.extend(process.steps(world).into_iter().map(|step| Action::Process(index, step)));
        }
        let in_flight = &world.provider.in_flight;
        let arriving = (0..in_flight.len()).filter(|&index| world.may_handle(in_flight[index]));
        actions.extend(arriving.map(Action::LateRequest));
        actions.extend(world.user_steps().map(Action::User));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Process(index, step) => next.apply(index, step),
            Action::User(step) => next.apply_user(step),
            Action::LateRequest(index) => {
                let pair = next.provider.in_flight.remove(index);
                next.handle(pair);
            }
        }
        next.normalize();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self.budget, self.rules.rotates)
    }
}
