//! What is made of a pipeline while it is read: its jobs, what they inherit,
//! and the bounds of the reading. Knows no step by name.

use std::collections::HashSet;

use super::call::Call;
use super::tree::Source;
use crate::ci::closure::Closure;
use crate::model::build::{
    Gate, GateKind, Item, Job, JobKind, Runner, Setting, Spot, Trigger, Unresolved, UnresolvedKind,
    What,
};

/// Most calls of one entry file that are looked at, those of its functions
/// counted again for each job that calls them.
pub(super) const MAX_CALLS: usize = 100_000;
/// Most items that one entry file has, inherited ones counted for each job.
pub(super) const MAX_ITEMS: usize = 50_000;

/// Most items that the jobs of one file inherit.
pub(super) const MAX_INHERITED: usize = 2_000;

/// What the jobs inside inherit.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    /// The slot of what is around: `stage/Build`; empty outside stages.
    pub(super) slot: String,
    /// Where it runs.
    pub(super) runner: Option<Runner>,
    /// Who starts it.
    pub(super) triggers: Vec<Trigger>,
    /// What each job inside has.
    pub(super) items: Vec<Item>,
    /// How many calls stand around.
    pub(super) depth: usize,
}

/// A job while it is read.
pub(super) struct Work {
    /// The job.
    pub(super) job: Job,
    /// `steps`, `post`, …: how its items' slots begin.
    pub(super) group: &'static str,
    /// Its next step.
    pub(super) order: u32,
    /// Its next script.
    pub(super) scripts: u32,
    /// The functions that it called.
    pub(super) called: HashSet<String>,
    inherited: usize,
}

/// Reads the sources of one entry file.
pub(super) struct Reader<'c, 'f> {
    /// The other files.
    pub(super) closure: &'c mut Closure<'f>,
    /// What was read.
    pub(super) jobs: Vec<Job>,
    /// What the file says beside its jobs.
    pub(super) items: Vec<Item>,
    /// The functions that are being followed.
    pub(super) active: Vec<String>,
    /// The functions that anything called.
    pub(super) used: HashSet<String>,
    calls: usize,
    count: usize,
    told: bool,
}

impl<'c, 'f> Reader<'c, 'f> {
    pub(super) fn new(closure: &'c mut Closure<'f>) -> Self {
        Self {
            closure,
            jobs: Vec::new(),
            items: Vec::new(),
            active: Vec::new(),
            used: HashSet::new(),
            calls: 0,
            count: 0,
            told: false,
        }
    }

    /// Begins a job.
    pub(super) fn begin(
        &mut self,
        frame: &Frame,
        (slot, title): (String, String),
        spot: Spot,
    ) -> Work {
        let room = MAX_ITEMS.saturating_sub(self.count).min(frame.items.len());
        self.count += frame.items.len();
        self.complain_once(MAX_ITEMS, self.count, frame.items.len(), &spot);
        Work {
            job: Job {
                slot,
                title,
                kind: JobKind::Pipeline,
                spot,
                triggers: frame.triggers.clone(),
                runner: frame.runner.clone(),
                items: frame.items[..room].to_vec(),
            },
            group: "steps",
            order: 0,
            scripts: 0,
            called: HashSet::new(),
            inherited: room,
        }
    }

    /// Keeps a job.
    pub(super) fn finish(&mut self, work: Work) {
        self.jobs.push(work.job);
    }

    /// Adds an item to a job, in its current group.
    pub(super) fn add(&mut self, work: &mut Work, name: &str, spot: Spot, what: What) {
        let slot = format!("{}/{name}", work.group);
        let item = Item {
            slot,
            order: work.order,
            spot,
            what,
        };
        self.add_item(work, item);
    }

    /// Adds an item to a job as it is.
    pub(super) fn add_item(&mut self, work: &mut Work, item: Item) {
        self.count += 1;
        self.complain_once(MAX_ITEMS, self.count, 1, &item.spot);
        if self.count <= MAX_ITEMS {
            work.job.items.push(item);
        }
    }

    /// Says that something is left to the run.
    pub(super) fn unresolved(&mut self, work: &mut Work, name: &str, spot: Spot, text: String) {
        let why = "only the run knows it".to_owned();
        let kind = UnresolvedKind::Value;
        self.add(
            work,
            name,
            spot,
            What::Unresolved(Unresolved { kind, text, why }),
        );
    }

    /// Adds a switch.
    pub(super) fn setting(&mut self, work: &mut Work, call: &Call<'_>, name: &str, value: String) {
        let name = name.to_owned();
        self.add(
            work,
            call.short(),
            call.spot(),
            What::Setting(Setting { name, value }),
        );
    }

    /// Whether one call more may be looked at.
    pub(super) fn spend(&mut self, spot: impl FnOnce() -> Spot) -> bool {
        self.calls += 1;
        if self.calls == MAX_CALLS {
            let spot = spot();
            self.bound(
                &spot,
                format!("more than {MAX_CALLS} calls would be followed"),
            );
        }
        self.calls < MAX_CALLS && self.count <= MAX_ITEMS
    }

    /// Keeps what jobs inherit within its bound; says whether it was.
    pub(super) fn room(&mut self, frame: &mut Frame, spot: &Spot) -> bool {
        if frame.items.len() <= MAX_INHERITED {
            return true;
        }
        frame.items.truncate(MAX_INHERITED);
        if !std::mem::replace(&mut self.told, true) {
            self.bound(
                spot,
                format!("its jobs inherit more than {MAX_INHERITED} items"),
            );
        }
        false
    }

    /// Says that a bound ends the reading.
    pub(super) fn bound(&mut self, spot: &Spot, why: String) {
        self.items.push(form(spot.clone(), why));
    }

    fn complain_once(&mut self, bound: usize, count: usize, added: usize, spot: &Spot) {
        if count > bound && count - added <= bound {
            self.bound(spot, format!("it has more than {bound} items"));
        }
    }

    /// Says what is wrong with a source.
    pub(super) fn faults(&mut self, source: &Source) {
        for fault in &source.faults {
            self.items
                .push(form(source.spot(fault.offset), fault.why.to_owned()));
        }
    }

    /// The jobs, each with a slot of its own.
    pub(super) fn into_parts(self) -> (Vec<Job>, Vec<Item>) {
        let mut jobs = self.jobs;
        jobs.sort_by(|one, other| one.slot.cmp(&other.slot));
        let mut last = String::new();
        let mut times = 1;
        for job in &mut jobs {
            if job.slot == last {
                times += 1;
                job.slot = format!("{last} ({times})");
            } else {
                last = job.slot.clone();
                times = 1;
            }
        }
        jobs.sort_by(|one, other| one.slot.cmp(&other.slot));
        (jobs, self.items)
    }
}

impl Work {
    /// Whether it has anything of its own.
    pub(super) fn has_own(&self) -> bool {
        self.job.items.len() > self.inherited
    }
}

impl Frame {
    /// What stands inside a stage.
    pub(super) fn stage(&self, name: &str) -> Self {
        Self {
            slot: self.slot_of(name),
            ..self.clone()
        }
    }

    /// The slot of a stage that stands here.
    pub(super) fn slot_of(&self, name: &str) -> String {
        match self.slot.is_empty() {
            true => format!("stage/{name}"),
            false => format!("{}/{name}", self.slot),
        }
    }

    /// Forgets what stood inside since there were `length` items; approvals
    /// stay, since what comes later waits for them too.
    pub(super) fn leave(&mut self, length: usize, sure: bool) {
        let inside = self.items.split_off(length.min(self.items.len()));
        if sure {
            self.items.extend(inside.into_iter().filter(is_approval));
        }
    }
}

fn is_approval(item: &Item) -> bool {
    matches!(
        item.what,
        What::Gate(Gate {
            kind: GateKind::Approval,
            ..
        })
    )
}

/// Something that we do not read.
pub(super) fn form(spot: Spot, why: String) -> Item {
    Item {
        slot: "form".to_owned(),
        order: 0,
        spot,
        what: What::Unresolved(Unresolved {
            kind: UnresolvedKind::Form,
            text: String::new(),
            why,
        }),
    }
}
