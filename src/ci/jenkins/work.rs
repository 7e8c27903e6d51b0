//! What is made of a pipeline while it is read: its jobs, what they inherit,
//! and the bounds of the reading. Knows no step by name.

use std::collections::{HashMap, HashSet};

use super::call::{Call, Code, Piece};
use super::token::Text;
use super::tree::Source;
use super::value::Scope;
use crate::ci::closure::Closure;
use crate::model::build::{
    Gate, GateKind, ImageName, ImageRole, ImageUse, Item, Job, JobKind, Runner, Setting, Spot,
    Trigger, Unresolved, UnresolvedKind, What,
};

/// Most calls of one entry file that are looked at, those of its functions
/// counted again for each job that calls them.
pub(super) const MAX_CALLS: usize = 100_000;
/// Most items that one entry file has, inherited ones counted for each job.
pub(super) const MAX_ITEMS: usize = 50_000;

/// Most items that the jobs of one file inherit.
pub(super) const MAX_INHERITED: usize = 2_000;

/// A source with what it says of its own names.
pub(super) struct Unit<'s> {
    /// The source.
    pub(super) source: &'s Source,
    /// What its names hold.
    pub(super) scope: Scope,
    /// The functions at its top.
    pub(super) functions: HashMap<String, Code<'s>>,
}

impl<'s> Unit<'s> {
    pub(super) fn of(source: &'s Source) -> Self {
        let tops = Code::all(source)
            .calls()
            .into_iter()
            .filter(|call| call.defines);
        let functions = tops.filter_map(|call| Some((call.name.clone(), call.body?)));
        Self {
            source,
            scope: Scope::of(source),
            functions: functions.collect(),
        }
    }

    /// Whether this is where a function at its top stands, which is read where it is called.
    pub(super) fn is_own_function(&self, call: &Call<'_>) -> bool {
        let body = call.body.filter(|_| call.defines);
        let own = self.functions.get(&call.name);
        body.zip(own)
            .is_some_and(|(body, own)| std::ptr::eq(body.items, own.items))
    }

    /// What a value says, or how it is written.
    pub(super) fn text_or_written(&self, code: Code<'_>) -> String {
        match self.scope.text(code) {
            Some(text) => text.text,
            None => code.written(),
        }
    }

    /// The image that a value names.
    pub(super) fn image(&self, value: Code<'_>, role: ImageRole) -> Option<Item> {
        match self.scope.text(value) {
            Some(text) => super::container::image(&text.text, role, value.spot()),
            None => {
                let image = ImageName::Unresolved(value.written());
                let what = What::Image(ImageUse { role, image });
                Some(Item::of("image", value.spot(), what))
            }
        }
    }

    /// The place of the text's first line.
    pub(super) fn spot_of(&self, text: &Text) -> Option<Spot> {
        text.lines
            .first()
            .map(|line| self.source.spot_of_line(*line))
    }
}

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

/// Calls `see` with every call of a stretch, at any depth to
/// [`super::MAX_CALL_DEPTH`]; says whether that was all.
pub(super) fn every_call<'s>(code: Code<'s>, depth: usize, see: &mut dyn FnMut(&Call<'s>)) -> bool {
    if depth > super::MAX_CALL_DEPTH {
        return false;
    }
    let mut all = true;
    for statement in code.statements() {
        for piece in statement.pieces() {
            match piece {
                Piece::Call(call) => {
                    see(&call);
                    let inside = call.args.iter().map(|arg| arg.value).chain(call.body);
                    for inner in inside.filter(|inner| inner.may_hold_calls()) {
                        all &= every_call(inner, depth + 1, see);
                    }
                }
                Piece::Group(_, inner) => all &= every_call(inner, depth + 1, see),
                Piece::Assign { .. } => {}
            }
        }
    }
    all
}
