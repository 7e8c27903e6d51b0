//! Two versions, job by job and file by file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bstr::BString;

use super::point::{Point, Points, of_items, of_job};
use super::words::{runner, sentence, shown};
use super::{CapabilityChange, CapabilityClass as Class, Direction};
use crate::model::build::{Blueprint, Job, Pair, RunnerKind, Spot, UnresolvedKind, What, pairs};
use crate::model::text::escape;

/// Most programs that a sentence about commands names.
const MAX_PROGRAMS: usize = 3;

/// What `after` may do and `before` may not, and the reverse.
pub(super) fn compare(
    before: &[Arc<Blueprint>],
    after: &[Arc<Blueprint>],
) -> Vec<CapabilityChange> {
    let unknown: BTreeSet<_> = after
        .iter()
        .filter(|one| cannot_be_read(one))
        .map(|one| one.path.clone())
        .collect();
    let mut all = Vec::new();
    for pair in pairs(before, after) {
        match pair {
            // Nobody knows whether it is gone.
            Pair {
                before: Some((blueprint, _)),
                after: None,
            } if unknown.contains(&blueprint.path) => {}
            Pair {
                before: Some((blueprint, job)),
                after: None,
            } => gone(blueprint, job, &mut all),
            Pair {
                before: None,
                after: Some((_, job)),
            } => new(job, &mut all),
            Pair {
                before: Some((_, old)),
                after: Some((_, job)),
            } => changed(old, job, &mut all),
            Pair { .. } => {}
        }
    }
    files(before, after, &mut all);
    all
}

/// Whether it only stands for a file that cannot be read.
fn cannot_be_read(blueprint: &Blueprint) -> bool {
    let form = |what: &What| match what {
        What::Unresolved(it) => it.kind == UnresolvedKind::Form,
        _ => false,
    };
    blueprint.jobs.is_empty() && blueprint.items.iter().any(|item| form(&item.what))
}

/// Whose capabilities are compared, and where they stand if they are gone.
struct Owner<'a> {
    job: Option<String>,
    called: String,
    at: &'a Spot,
}

impl Owner<'_> {
    fn of(job: &Job) -> Owner<'_> {
        let title = shown(&job.title);
        Owner {
            job: Some(title.clone()),
            called: title,
            at: &job.spot,
        }
    }

    fn says(
        &self,
        (class, direction): (Class, Direction),
        (noun, spot): (&str, &Spot),
        values: (&str, &str),
    ) -> CapabilityChange {
        CapabilityChange {
            path: spot.path.clone(),
            line: Some(spot.line),
            column: Some(spot.column),
            class,
            direction,
            what: sentence((class, direction), &self.called, noun, values),
            job: self.job.clone(),
            name: noun.to_owned(),
        }
    }

    /// Something about the owner in words of its own.
    fn remarks(&self, class: Class, direction: Direction, rest: &str) -> CapabilityChange {
        CapabilityChange {
            what: format!("{} {rest}", self.called),
            ..self.says((class, direction), (rest, self.at), ("", ""))
        }
    }
}

fn new(job: &Job, all: &mut Vec<CapabilityChange>) {
    let owner = Owner::of(job);
    all.push(owner.remarks(Class::Command, Direction::Gained, "is new"));
    points(&owner, &Points::new(), &of_job(job), all);
    if let Some(own) = &job.runner
        && !matches!(own.kind, RunnerKind::Hosted | RunnerKind::Container)
    {
        let rest = format!("runs on {}", runner(own));
        all.push(owner.remarks(Class::Runner, Direction::Gained, &rest));
    }
}

/// Of a job that is gone only that, and what it watched over.
fn gone(blueprint: &Blueprint, job: &Job, all: &mut Vec<CapabilityChange>) {
    let owner = Owner::of(job);
    let mut said = vec![owner.remarks(Class::Command, Direction::Lost, "is gone")];
    let mut guards = of_job(job);
    guards.retain(|(class, _), _| *class == Class::Guard);
    points(&owner, &guards, &Points::new(), &mut said);
    // Its lines are those of a version that is no more.
    all.extend(said.into_iter().map(|one| CapabilityChange {
        path: blueprint.path.clone(),
        line: None,
        column: None,
        ..one
    }));
}

fn changed(old: &Job, job: &Job, all: &mut Vec<CapabilityChange>) {
    let owner = Owner::of(job);
    points(&owner, &of_job(old), &of_job(job), all);
    runners(&owner, old, job, all);
    commands(&owner, old, job, all);
}

/// What differs between two versions of one owner.
fn points(owner: &Owner<'_>, old: &Points, new: &Points, all: &mut Vec<CapabilityChange>) {
    // What is not named has what the wildcard has.
    let level = |points: &Points, key: &(Class, String)| {
        let wildcard = (Class::Permission, "*".to_owned());
        let own = points.get(key).or_else(|| match key.0 {
            Class::Permission => points.get(&wildcard),
            _ => None,
        });
        own.cloned()
    };
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let conditions = conditions(old, new);
    for key in keys {
        if let Some((was, is)) = &conditions
            && (key == *was || key == *is)
        {
            if key == *is {
                let text = |key: &(Class, String)| key.1["condition ".len()..].to_owned();
                let rest = format!("runs only if {} instead of {}", text(is), text(was));
                let spot = new.get(key).map_or(owner.at, |point| &point.spot);
                all.push(
                    owner
                        .remarks(Class::Gate, Direction::Changed, &rest)
                        .at(spot),
                );
            }
            continue;
        }
        let (before, after) = (level(old, key), level(new, key));
        let named = new.get(key).or(old.get(key));
        if let (Some(named), Some(direction)) = (named, direction(before.as_ref(), after.as_ref()))
        {
            let value = |point: &Option<Point>| point.as_ref().map(|it| it.said.clone());
            let (was, is) = (value(&before), value(&after));
            let spot = if new.contains_key(key) {
                &named.spot
            } else {
                owner.at
            };
            let values = (was.unwrap_or_default(), is.unwrap_or_default());
            all.push(owner.says(
                (key.0, direction),
                (&named.noun, spot),
                (&values.0, &values.1),
            ));
        }
    }
}

type Key = (Class, String);

/// The condition that takes the place of another, if there is just one of each.
fn conditions<'a>(old: &'a Points, new: &'a Points) -> Option<(&'a Key, &'a Key)> {
    let only = |side: &'a Points, but: &Points| {
        let is = |key: &&Key| key.0 == Class::Gate && key.1.starts_with("condition ");
        let mut all = side.keys().filter(is).filter(|key| !but.contains_key(*key));
        all.next().filter(|_| all.next().is_none())
    };
    Some((only(old, new)?, only(new, old)?))
}

/// `none` is what is not there.
fn direction(before: Option<&Point>, after: Option<&Point>) -> Option<Direction> {
    match (before, after) {
        (None, None) => None,
        (None, Some(after)) => (after.value != "none").then_some(Direction::Gained),
        (Some(before), None) => (before.value != "none").then_some(Direction::Lost),
        (Some(before), Some(after)) if before.value == after.value => None,
        (Some(before), Some(after)) => Some(match before.rank.cmp(&after.rank) {
            std::cmp::Ordering::Less => Direction::Gained,
            std::cmp::Ordering::Equal => Direction::Changed,
            std::cmp::Ordering::Greater => Direction::Lost,
        }),
    }
}

fn runners(owner: &Owner<'_>, old: &Job, job: &Job, all: &mut Vec<CapabilityChange>) {
    let was = old.runner.as_ref().map(runner);
    let Some(own) = &job.runner else {
        if let Some(was) = was {
            let rest = format!("no longer says that it runs on {was}");
            all.push(owner.remarks(Class::Runner, Direction::Changed, &rest));
        }
        return;
    };
    let is = runner(own);
    if was.as_ref() == Some(&is) {
        return;
    }
    let instead = was
        .map(|was| format!(" instead of {was}"))
        .unwrap_or_default();
    let rest = format!("runs on {is}{instead}");
    all.push(
        owner
            .remarks(Class::Runner, Direction::Changed, &rest)
            .at(&own.spot),
    );
}

/// Names programs only: a command's words may hold what nobody should see.
fn commands(owner: &Owner<'_>, old: &Job, job: &Job, all: &mut Vec<CapabilityChange>) {
    let (was, is) = (lines(old), lines(job));
    let fresh: Vec<_> = is
        .iter()
        .filter(|(line, _)| !was.contains_key(*line))
        .collect();
    let gone = was.keys().filter(|line| !is.contains_key(*line)).count();
    let Some((_, (_, first))) = fresh.first() else {
        if gone > 0 {
            let rest = format!("runs {gone} fewer of its commands");
            all.push(owner.remarks(Class::Command, Direction::Lost, &rest));
        }
        return;
    };
    let mut programs: Vec<_> = fresh
        .iter()
        .map(|(_, (program, _))| program.clone())
        .collect();
    programs.sort_unstable();
    programs.dedup();
    let more = if programs.len() > MAX_PROGRAMS {
        ", …"
    } else {
        ""
    };
    programs.truncate(MAX_PROGRAMS);
    let dropped = match gone {
        0 => String::new(),
        gone => format!(" and {gone} fewer"),
    };
    let rest = format!(
        "runs {} more commands ({}{more}){dropped}",
        fresh.len(),
        programs.join(", ")
    );
    let rest = rest.replacen("runs 1 more commands", "runs 1 more command", 1);
    let direction = match gone {
        0 => Direction::Gained,
        _ => Direction::Changed,
    };
    all.push(owner.remarks(Class::Command, direction, &rest).at(first));
}

fn lines(job: &Job) -> BTreeMap<String, (String, Spot)> {
    let all = job.items.iter().filter_map(|item| match &item.what {
        What::Command(it) if !it.words.is_empty() => {
            Some((it.line(), (shown(it.program()), item.spot.clone())))
        }
        _ => None,
    });
    all.collect()
}

/// What files say beside their jobs. What a new file says as some file did
/// before, or a gone one as some file does now, is no change.
fn files(before: &[Arc<Blueprint>], after: &[Arc<Blueprint>], all: &mut Vec<CapabilityChange>) {
    let (mut old, mut new) = (by_path(before), by_path(after));
    let said = |side: &BTreeMap<Arc<BString>, Points>| {
        let points = side.values().flat_map(|points| points.iter());
        let keys = points.map(|(key, point)| (key.clone(), point.value.clone()));
        keys.collect::<BTreeSet<_>>()
    };
    let (said_before, said_now) = (said(&old), said(&new));
    let paths: BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
    for path in paths {
        let at = Spot {
            path: path.clone(),
            line: 1,
            column: 1,
        };
        let owner = Owner {
            job: None,
            called: escape(path.as_slice()),
            at: &at,
        };
        let (mut was, mut is) = (old.remove(&path), new.remove(&path));
        let (only, known) = match (&mut was, &mut is) {
            (Some(only), None) => (Some(only), &said_now),
            (None, Some(only)) => (Some(only), &said_before),
            _ => (None, &said_now),
        };
        if let Some(points) = only {
            points.retain(|key, point| !known.contains(&(key.clone(), point.value.clone())));
        }
        points(
            &owner,
            &was.unwrap_or_default(),
            &is.unwrap_or_default(),
            all,
        );
    }
}

fn by_path(side: &[Arc<Blueprint>]) -> BTreeMap<Arc<BString>, Points> {
    let points = side.iter();
    points
        .map(|one| (one.path.clone(), of_items(&one.items)))
        .collect()
}
