//! The owners of records: six active ones, the first of whom connects the app, and one who was archived.

use serde::Serialize;

use crate::{
    fixtures::{dice::Dice, vocabulary::ascii},
    hubspot::{HUB_DOMAIN, USER_ID},
};

/// The property that holds a record's owner.
pub(crate) const OWNER_PROPERTY: &str = "hubspot_owner_id";

/// The id of a record's owner. One record in six has none, and some have the archived one.
pub(crate) fn owner_id(dice: Dice) -> Option<String> {
    (!dice.once_in(4, 6)).then(|| dice.pick(5, OWNERS).id.to_string())
}

#[derive(Clone, Copy)]
pub(crate) struct Owner {
    /// Ascending in [`OWNERS`], because paging relies on it.
    pub id: u32,
    pub user_id: u32,
    pub archived: bool,
    first_name: &'static str,
    last_name: &'static str,
    team: Option<Team>,
    created: &'static str,
    updated: &'static str,
}

/// An owner as the API returns it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnerResponse {
    id: String,
    email: String,
    #[serde(rename = "type")]
    kind: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    /// Null for an archived owner, whose user id is then in the next field only (HubSpot's owners guide).
    user_id: Option<u32>,
    user_id_including_inactive: u32,
    created_at: &'static str,
    updated_at: &'static str,
    archived: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    teams: Option<[Team; 1]>,
}

#[derive(Clone, Copy, Serialize)]
struct Team {
    id: &'static str,
    name: &'static str,
    primary: bool,
}

const SALES: Option<Team> = Some(Team { id: "4061127", name: "Sales", primary: true });
const SUCCESS: Option<Team> = Some(Team { id: "4061131", name: "Customer Success", primary: true });

pub(crate) const OWNERS: &[Owner] = &[
    owner(41_870_214, USER_ID, ["Sam", "Rivers"], None, ["2023-08-14T09:12:44.310Z", "2026-02-03T16:40:09.127Z"]),
    owner(41_902_655, 7_316_418, ["Amara", "Okafor"], SALES, ["2023-09-04T13:05:21.874Z", "2026-05-19T08:02:55.406Z"]),
    owner(43_118_097, 7_540_021, ["Jonas", "Weber"], SALES, ["2024-01-22T10:48:03.559Z", "2025-11-27T12:31:18.090Z"]),
    Owner {
        archived: true,
        ..owner(44_275_380, 7_702_986, ["Dana", "Kessler"], None, ["2024-04-08T07:55:37Z", "2025-06-30T17:00:12.648Z"])
    },
    owner(46_031_742, 8_015_533, ["Priya", "Nair"], SUCCESS, ["2024-10-15T11:20:50.231Z", "2026-07-01T09:44:31.775Z"]),
    owner(46_880_916, 8_120_764, ["Lucía", "Ortega"], SALES, ["2025-02-10T15:33:08.962Z", "2026-07-01T09:44:32.018Z"]),
    owner(48_203_569, 8_377_240, ["Tom", "Larsen"], SUCCESS, ["2025-09-01T08:15:29.403Z", "2025-09-01T08:15:29.403Z"]),
];

const fn owner(
    id: u32,
    user_id: u32,
    [first_name, last_name]: [&'static str; 2],
    team: Option<Team>,
    [created, updated]: [&'static str; 2],
) -> Owner {
    Owner { id, user_id, archived: false, first_name, last_name, team, created, updated }
}

impl Owner {
    pub(crate) fn email(&self) -> String {
        format!("{}.{}@{HUB_DOMAIN}", ascii(self.first_name), ascii(self.last_name))
    }

    pub(crate) fn response(&self) -> OwnerResponse {
        OwnerResponse {
            id: self.id.to_string(),
            email: self.email(),
            kind: "PERSON",
            first_name: self.first_name,
            last_name: self.last_name,
            user_id: (!self.archived).then_some(self.user_id),
            user_id_including_inactive: self.user_id,
            created_at: self.created,
            updated_at: self.updated,
            archived: self.archived,
            teams: self.team.map(|team| [team]),
        }
    }
}
