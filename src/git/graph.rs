//! History over parsed commits: which commits are new, who descends from whom.
//!
//! Two colours are painted down from two sets of tips, newest commit first.
//! Dates are the committers' claims and decide only the order of the work. A
//! lie about a date can make more commits count as new, as in git itself, but
//! never fewer; descent and merge bases do not depend on dates at all.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::model::oid::ObjectId;

use super::error::GitError;
use super::objects::{ObjectKind, Objects};
use super::{MAX_OBJECT_BYTES, MAX_WALKED, commit};

/// A set of colours: none, one, the other, both.
type Colour = usize;
const LEFT: Colour = 1;
const RIGHT: Colour = 2;
const BOTH: Colour = LEFT | RIGHT;

/// How many commits over the limit are walked before giving up: some of them
/// may turn out to be hidden where clocks ran wrong.
const SKEW_COMMITS: usize = 20_000;

/// How many hidden commits as new as the oldest that is found are walked at the
/// end, to see whether one that was found is among their ancestors.
const SKEW_HIDDEN: usize = 10_000;

/// Most merge bases that are weighed against one another.
const MAX_MERGE_BASES: usize = 64;

/// Tree, parents and date of a commit.
pub(super) fn links(objects: &Objects<'_>, id: ObjectId) -> Result<commit::Links, GitError> {
    let raw = objects.read(id, ObjectKind::Commit, MAX_OBJECT_BYTES)?;
    commit::links(id, &raw).map_err(|reason| GitError::unreadable(id, reason))
}

/// The commits reachable from `tip` and from none of `hidden`, newest first.
pub(super) fn new_revisions(
    objects: &Objects<'_>,
    tip: ObjectId,
    hidden: &[ObjectId],
    limit: usize,
) -> Result<Vec<ObjectId>, GitError> {
    let mut painting = Painting::new(objects);
    painting.paint(tip, LEFT)?;
    for id in hidden {
        painting.paint(*id, RIGHT)?;
    }
    let (mut found, mut oldest, mut hidden_walked) = (Vec::new(), i64::MAX, 0);
    // Once no new commit waits, only clocks that ran wrong or commits of one
    // second can still matter. So an old baseline among the hidden costs nothing.
    while painting.waiting[LEFT] > 0
        || (painting.newest() >= Some(oldest) && hidden_walked < SKEW_HIDDEN)
    {
        let Some(step) = painting.step()? else {
            break;
        };
        if step.colour == LEFT {
            found.push(step.id);
            oldest = oldest.min(step.seconds);
        } else if painting.waiting[LEFT] == 0 {
            hidden_walked += 1;
        }
        if found.len() > limit.saturating_add(SKEW_COMMITS) {
            return Err(GitError::over("new commits", limit));
        }
    }
    found.retain(|id| painting.colour(*id) == LEFT);
    if found.len() > limit {
        return Err(GitError::over("new commits", limit));
    }
    Ok(found)
}

/// Whether `ancestor` is `descendant` or reachable from it.
pub(super) fn is_ancestor(
    objects: &Objects<'_>,
    ancestor: ObjectId,
    descendant: ObjectId,
) -> Result<bool, GitError> {
    is_ancestor_of_any(objects, ancestor, &[descendant])
}

/// Whether `ancestor` is one of `descendants` or reachable from one.
pub(super) fn is_ancestor_of_any(
    objects: &Objects<'_>,
    ancestor: ObjectId,
    descendants: &[ObjectId],
) -> Result<bool, GitError> {
    let mut painting = Painting::new(objects);
    painting.paint(ancestor, LEFT)?;
    for descendant in descendants {
        painting.paint(*descendant, RIGHT)?;
    }
    while painting.undecided() && painting.colour(ancestor) != BOTH {
        painting.step()?;
    }
    Ok(painting.colour(ancestor) == BOTH)
}

/// A best common ancestor; of several, the newest.
pub(super) fn merge_base(
    objects: &Objects<'_>,
    a: ObjectId,
    b: ObjectId,
) -> Result<Option<ObjectId>, GitError> {
    let mut painting = Painting::new(objects);
    painting.paint(a, LEFT)?;
    painting.paint(b, RIGHT)?;
    while painting.undecided() {
        painting.step()?;
    }
    let mut candidates = painting.topmost_shared().into_iter();
    let Some(mut best) = candidates.next() else {
        return Ok(None);
    };
    for (count, other) in candidates.enumerate() {
        if count >= MAX_MERGE_BASES {
            return Err(GitError::over("merge bases", MAX_MERGE_BASES));
        }
        if is_ancestor(objects, best, other)? {
            best = other;
        }
    }
    Ok(Some(best))
}

/// The commits reachable from `tip`, newest first, at most `limit`.
pub(super) fn history(
    objects: &Objects<'_>,
    tip: ObjectId,
    limit: usize,
) -> Result<Vec<ObjectId>, GitError> {
    let mut painting = Painting::new(objects);
    painting.paint(tip, LEFT)?;
    let mut found = Vec::new();
    while found.len() < limit {
        match painting.step()? {
            Some(step) => found.push(step.id),
            None => break,
        }
    }
    Ok(found)
}

struct Node {
    colour: Colour,
    waiting: bool,
    seconds: i64,
    parents: Vec<ObjectId>,
}

/// A commit whose parents were painted just now.
struct Step {
    id: ObjectId,
    colour: Colour,
    seconds: i64,
}

/// A walk under way: the commits seen, and those whose parents wait to be painted.
struct Painting<'a> {
    objects: &'a Objects<'a>,
    nodes: HashMap<ObjectId, Node>,
    queue: BinaryHeap<(i64, Reverse<usize>, ObjectId)>,
    /// How many wait, by colour.
    waiting: [usize; 4],
}

impl<'a> Painting<'a> {
    fn new(objects: &'a Objects<'a>) -> Self {
        Self {
            objects,
            nodes: HashMap::new(),
            queue: BinaryHeap::new(),
            waiting: [0; 4],
        }
    }

    /// Adds a colour to a commit, and to everything below it that was walked already.
    fn paint(&mut self, id: ObjectId, colour: Colour) -> Result<(), GitError> {
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            let Some(node) = self.nodes.get_mut(&id) else {
                self.discover(id, colour)?;
                continue;
            };
            let before = node.colour;
            node.colour |= colour;
            if node.colour == before {
                continue;
            }
            if node.waiting {
                self.waiting[before] -= 1;
                self.waiting[node.colour] += 1;
            } else {
                todo.extend_from_slice(&node.parents);
            }
        }
        Ok(())
    }

    fn discover(&mut self, id: ObjectId, colour: Colour) -> Result<(), GitError> {
        if self.nodes.len() >= MAX_WALKED {
            return Err(GitError::over("commits walked", MAX_WALKED));
        }
        let links = links(self.objects, id)?;
        self.queue
            .push((links.seconds, Reverse(self.nodes.len()), id));
        self.waiting[colour] += 1;
        self.nodes.insert(
            id,
            Node {
                colour,
                waiting: true,
                seconds: links.seconds,
                parents: links.parents,
            },
        );
        Ok(())
    }

    /// Takes the newest that waits and paints its parents.
    fn step(&mut self) -> Result<Option<Step>, GitError> {
        let Some((seconds, _, id)) = self.queue.pop() else {
            return Ok(None);
        };
        let Some(node) = self.nodes.get_mut(&id) else {
            return Ok(None);
        };
        node.waiting = false;
        let colour = node.colour;
        self.waiting[colour] -= 1;
        for parent in node.parents.clone() {
            self.paint(parent, colour)?;
        }
        Ok(Some(Step {
            id,
            colour,
            seconds,
        }))
    }

    /// Whether a commit that waits has one colour only.
    fn undecided(&self) -> bool {
        self.waiting[LEFT] + self.waiting[RIGHT] > 0
    }

    fn newest(&self) -> Option<i64> {
        self.queue.peek().map(|(seconds, ..)| *seconds)
    }

    fn colour(&self, id: ObjectId) -> Colour {
        self.nodes.get(&id).map_or(0, |node| node.colour)
    }

    /// The commits of both colours that are no parent of such a one, newest first.
    fn topmost_shared(&self) -> Vec<ObjectId> {
        let shared = || self.nodes.iter().filter(|(_, node)| node.colour == BOTH);
        let below: HashSet<_> = shared().flat_map(|(_, node)| &node.parents).collect();
        let mut topmost: Vec<_> = shared()
            .filter(|(id, _)| !below.contains(id))
            .map(|(id, node)| (Reverse(node.seconds), *id))
            .collect();
        topmost.sort_unstable();
        topmost.into_iter().map(|(_, id)| id).collect()
    }
}
