//! Pull requests over the API: reading, participants and the merge test.

use serde_json::{Value, json};

use super::api::{Answered, Call, done, error, nothing, ok};
use super::state::{Review, State};

const WORDS: [&str; 3] = ["APPROVED", "UNAPPROVED", "NEEDS_WORK"];

impl State {
    pub fn pulls_of(&mut self, call: &Call<'_>, commit: &str) -> Answered {
        if !self.is_at_least(5, 0) {
            return Err(nothing("The resource"));
        }
        self.has_commit(&call.name, commit)?;
        let pulls = self.repository(&call.name).pulls.iter();
        let numbers: Vec<_> = pulls
            .filter(|it| it.head == commit)
            .map(|it| it.number)
            .collect();
        let all = numbers.into_iter().map(|it| self.pull_json(&call.name, it));
        self.page(call, all.collect())
    }

    pub fn pull_routes(&mut self, call: &Call<'_>, rest: &[&str]) -> Answered {
        let Some((number, rest)) = rest.split_first() else {
            let state = call.asked("state").unwrap_or("OPEN");
            let pulls = self.repository(&call.name).pulls.iter();
            let wanted = pulls.filter(|it| state == "ALL" || it.state == state);
            let wanted: Vec<_> = wanted.map(|it| it.number).collect();
            let all = wanted.into_iter().map(|it| self.pull_json(&call.name, it));
            return self.page(call, all.collect());
        };
        let pulls = &self.repository(&call.name).pulls;
        let number = number.parse().unwrap_or(0);
        if !pulls.iter().any(|it| it.number == number) {
            let words = format!("Pull request {number} does not exist in {}.", call.name);
            return Err(error(404, "pull.NoSuchPullRequestException", words));
        }
        match (call.method, rest) {
            ("GET", []) => ok(self.pull_json(&call.name, number)),
            ("GET", ["merge"]) => self.merge_test(call, number),
            ("GET", ["participants"]) => {
                let pull = self.pull(&call.name, number);
                let users: Vec<_> = pull.reviews.iter().map(|it| it.user.clone()).collect();
                let users = users
                    .iter()
                    .map(|it| self.participant_json(&call.name, number, it));
                self.page(call, users.collect())
            }
            ("POST", ["participants"]) => self.assigns(call, number),
            ("PUT", ["participants", slug]) => self.says(call, number, slug),
            ("DELETE", ["participants", slug]) => {
                self.leaves(&call.name, number, slug, &call.user);
                done()
            }
            _ => Err(nothing("The resource")),
        }
    }

    fn merge_test(&self, call: &Call<'_>, number: u64) -> Answered {
        if self.pull(&call.name, number).state != "OPEN" {
            return Err(error(409, "pull.PullRequestNotOpen", "It is not open."));
        }
        let vetoes = self.vetoes(&call.name, number);
        let all = vetoes
            .iter()
            .map(|it| json!({ "summaryMessage": it, "detailedMessage": it }));
        ok(
            json!({ "canMerge": vetoes.is_empty(), "conflicted": false, "outcome": "CLEAN",
            "vetoes": all.collect::<Vec<Value>>() }),
        )
    }

    /// An account becomes a reviewer.
    fn assigns(&mut self, call: &Call<'_>, number: u64) -> Answered {
        let name = call.body["user"]["name"].as_str().unwrap_or("").to_owned();
        if !self.accounts.contains(&name) || call.body["role"] != "REVIEWER" {
            return Err(error(400, "BadRequest", "user or role"));
        }
        let pull = self.pull_mut(&call.name, number);
        if pull.state != "OPEN" || pull.author == name {
            return Err(error(
                409,
                "pull.IllegalPullRequestStateException",
                "not a reviewer",
            ));
        }
        match pull.reviews.iter_mut().find(|it| it.user == name) {
            Some(review) => review.role = "REVIEWER",
            None => pull.reviews.push(Review::new(&name, "REVIEWER")),
        }
        pull.version += 1;
        self.follows("pr:reviewer:updated", &call.name, number, &call.user);
        ok(self.participant_json(&call.name, number, &name))
    }

    /// An account says its own word; nobody else's.
    fn says(&mut self, call: &Call<'_>, number: u64, slug: &str) -> Answered {
        if !self.is_at_least(4, 2) {
            return Err(error(405, "MethodNotAllowed", "PUT"));
        }
        if call.user.to_lowercase() != slug {
            let words = "You can only change your own status.";
            return Err(error(
                409,
                "pull.InvalidPullRequestParticipantStatus",
                words,
            ));
        }
        let status = call.text("status")?.to_owned();
        if !WORDS.contains(&status.as_str()) {
            return Err(error(400, "BadRequest", "status"));
        }
        let seen = call.body["lastReviewedCommit"].as_str();
        let pull = self.pull_mut(&call.name, number);
        if pull.state != "OPEN" || pull.author == call.user {
            return Err(error(
                409,
                "pull.IllegalPullRequestStateException",
                "you cannot review it",
            ));
        }
        let head = pull.head.clone();
        if seen.is_some_and(|it| it != head) {
            let words = "The pull request has been updated since you last reviewed it.";
            return Err(error(409, "pull.PullRequestOutOfDateException", words));
        }
        let changed = pull.word(&call.user, &status);
        if changed {
            let key = event_of(&status, self.is_at_least(8, 10));
            self.follows(key, &call.name, number, &call.user);
        }
        ok(self.participant_json(&call.name, number, &call.user))
    }

    /// A reviewer is removed, with the word that was said.
    pub fn leaves(&mut self, name: &str, number: u64, user: &str, by: &str) {
        let pull = self.pull_mut(name, number);
        pull.reviews.retain(|it| it.user != user);
        pull.version += 1;
        self.follows("pr:reviewer:updated", name, number, by);
    }

    /// An event of an API request's.
    fn follows(&mut self, key: &str, name: &str, number: u64, by: &str) {
        let id = self.repository(name).id;
        let payload = json!({ "pullRequest": self.pull_json(name, number) });
        self.outbox.push((key.into(), id, by.into(), payload));
    }
}

/// The event of a reviewer's word.
pub fn event_of(status: &str, renamed: bool) -> &'static str {
    match status {
        "APPROVED" => "pr:reviewer:approved",
        "NEEDS_WORK" if renamed => "pr:reviewer:changes_requested",
        "NEEDS_WORK" => "pr:reviewer:needs_work",
        _ => "pr:reviewer:unapproved",
    }
}

impl Review {
    fn new(user: &str, role: &'static str) -> Self {
        Self {
            user: user.into(),
            role,
            status: "UNAPPROVED".into(),
            seen: None,
        }
    }
}

impl super::state::Pull {
    /// Takes a reviewer's word for the head as it is; whether it is another
    /// than before. It stays when the head moves.
    pub fn word(&mut self, user: &str, status: &str) -> bool {
        if !self.reviews.iter().any(|it| it.user == user) {
            self.reviews.push(Review::new(user, "PARTICIPANT"));
        }
        let head = self.head.clone();
        let review = self.reviews.iter_mut().find(|it| it.user == user);
        let review = review.expect("just added");
        let changed = review.status != status;
        (review.status, review.seen) = (status.into(), Some(head));
        changed
    }
}
