//! Relations between rows. Both directions are arithmetic, so neither has to be searched for.

use super::{Row, Workspace, schema::Property};

/// Every fourth task belongs to the first project, which therefore has more tasks than a page shows.
const FIRST_PROJECT_INTERVAL: u32 = 4;

/// The rows that this row's relation points to. Rows in the trash are never related to.
pub(crate) fn related(workspace: &Workspace, row: Row, relation: &Property) -> Box<dyn Iterator<Item = Row>> {
    let (source, number, rows) = (row.source, row.index(), workspace.rows);
    let one = |source: u8, number: Option<u32>| Box::new(number.map(|number| Row { source, number }).into_iter());
    let of = |source: u8| rows[usize::from(source)];
    match (source, relation.name) {
        (0, _) => one(1, project_of(number, of(1))),
        (1, "Tasks") => Box::new(tasks_of(number, of(0), of(1))),
        (1, _) => one(2, (!number.is_multiple_of(3)).then(|| wrapped(number, of(2))).flatten()),
        (2, _) => Box::new(staff_of(number, of(3), of(2))),
        (3, _) => one(2, wrapped(number, of(2)).filter(|_| !number.is_multiple_of(7))),
        _ => one(1, wrapped(number.saturating_mul(5), of(1)).filter(|_| !number.is_multiple_of(4))),
    }
}

/// The project of a task. Every fifth task has none.
fn project_of(task: u32, projects: u32) -> Option<u32> {
    match task {
        _ if task.is_multiple_of(5) => None,
        _ if task.is_multiple_of(FIRST_PROJECT_INTERVAL) => (projects > 0).then_some(0),
        _ => wrapped(task, projects),
    }
}

fn tasks_of(project: u32, tasks: u32, projects: u32) -> impl Iterator<Item = Row> {
    // All tasks of a project except the first one are `projects` apart.
    let step = if project == 0 { 1 } else { projects.max(1) };
    let candidates = (project..tasks).step_by(step as usize);
    let of_this = candidates.filter(move |task| project_of(*task, projects) == Some(project));
    of_this.map(|number| Row { source: 0, number })
}

/// The people who work for a company.
fn staff_of(company: u32, people: u32, companies: u32) -> impl Iterator<Item = Row> {
    let candidates = (company..people).step_by(companies.max(1) as usize);
    candidates.filter(|person| !person.is_multiple_of(7)).map(|number| Row { source: 3, number })
}

fn wrapped(number: u32, count: u32) -> Option<u32> {
    number.checked_rem(count)
}

#[cfg(test)]
mod tests {
    use super::{super::schema::SOURCES, *};

    #[test]
    fn both_directions_of_a_relation_agree() {
        let rows = [312, 120, 72, 48, 30, 18];
        let now = jiff::Timestamp::UNIX_EPOCH;
        let workspace = Workspace { seed: 1, pages: 40, rows, crowded_minute: false, now };
        for (source, name, back) in [(0, "Project", "Tasks"), (3, "Employer", "Contacts")] {
            let there = SOURCES[usize::from(source)].property(name).unwrap();
            for number in 0..rows[usize::from(source)] {
                let row = Row { source, number };
                for other in related(&workspace, row, there) {
                    let property = SOURCES[usize::from(other.source)].property(back).unwrap();
                    assert!(related(&workspace, other, property).any(|end| end == row), "{row:?} {other:?}");
                }
            }
        }
        let tasks = SOURCES[1].property("Tasks").unwrap();
        let busiest = related(&workspace, Row { source: 1, number: 0 }, tasks).count();
        assert!(busiest > 25, "{busiest}");
    }
}
