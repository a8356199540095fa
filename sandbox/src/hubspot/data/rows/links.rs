//! Associations: contacts with companies, and deals with companies and contacts. None is stored; each side is computed
//! from the other.

use std::iter;

use super::{contacts, deals, dice, id};
use crate::{hubspot::data::catalog::ObjectType, records::Records};

#[derive(Clone, Copy)]
pub(crate) struct Links {
    seed: u64,
    contacts: u64,
    companies: u64,
    deals: u64,
}

/// In ascending order.
type Indexes = Box<dyn Iterator<Item = u64> + Send>;

impl Links {
    pub(crate) fn new(seed: u64, records: &Records) -> Self {
        let [contacts, companies, deals] =
            [ObjectType::Contacts, ObjectType::Companies, ObjectType::Deals].map(|kind| kind.count(records));
        Self { seed, contacts, companies, deals }
    }

    /// At most `limit` ids of linked records of type `to`, starting with the id `after`, and the id with which the next
    /// page starts.
    pub(crate) fn page(
        self,
        from: ObjectType,
        index: u64,
        to: ObjectType,
        after: u64,
        limit: u64,
    ) -> (Vec<u64>, Option<u64>) {
        let seed = self.seed;
        let mut ids = self.of(from, index, to).map(|index| id(seed, to, index)).skip_while(|id| *id < after);
        let page = ids.by_ref().take(limit as usize).collect();
        (page, ids.next())
    }

    fn of(self, from: ObjectType, index: u64, to: ObjectType) -> Indexes {
        if self.companies == 0 {
            return Box::new(iter::empty());
        }
        match (from, to) {
            (ObjectType::Contacts, ObjectType::Companies) => Box::new(self.company_of_contact(index).into_iter()),
            (ObjectType::Contacts, ObjectType::Deals) => self.deals_of_contact(index),
            (ObjectType::Companies, ObjectType::Contacts) => self.contacts_of_company(index),
            (ObjectType::Companies, ObjectType::Deals) => self.deals_of_company(index),
            (ObjectType::Deals, ObjectType::Contacts) => Box::new(self.contacts_of_deal(index).into_iter()),
            (ObjectType::Deals, ObjectType::Companies) => {
                Box::new(iter::once(deals::buyer(self.seed, index, self.companies)))
            }
            _ => Box::new(iter::empty()),
        }
    }

    fn company_of_contact(self, contact: u64) -> Option<u64> {
        contacts::is_employee(dice(self.seed, ObjectType::Contacts, contact)).then(|| contact % self.companies)
    }

    fn contacts_of_company(self, company: u64) -> Indexes {
        let staff = (company..self.contacts).step_by(self.companies as usize);
        Box::new(staff.filter(move |contact| self.company_of_contact(*contact).is_some()))
    }

    fn deals_of_company(self, company: u64) -> Indexes {
        Box::new(deals::of_company(self.seed, company, self.companies).take_while(move |deal| *deal < self.deals))
    }

    fn deals_of_contact(self, contact: u64) -> Indexes {
        let deals = self.deals_of_company(contact % self.companies);
        Box::new(deals.filter(move |deal| self.contacts_of_deal(*deal).contains(&contact)))
    }

    /// Contacts with an e-mail address of the buyer, whether or not they are associated with it.
    fn contacts_of_deal(self, deal: u64) -> Vec<u64> {
        let buyer = deals::buyer(self.seed, deal, self.companies);
        let staff = self.contacts.saturating_sub(buyer).div_ceil(self.companies);
        let people = deals::people(dice(self.seed, ObjectType::Deals, deal), staff);
        people.into_iter().map(|n| buyer + n * self.companies).collect()
    }
}
