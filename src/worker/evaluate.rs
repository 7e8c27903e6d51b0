//! The second job: one subject, judged as it is now.

use jiff::Timestamp;

use super::Context;
use super::authentication;
use super::circumstances;
use super::error::JobError;
use super::kept::{heads, others, to_keep};
use super::mirror::{FetchPlan, Mirror};
use super::planning::{as_it_is_now, subject_of, to_evaluation};
use super::rendered::{Rendered, overtaken};
use super::task::{Task, echo_subject, is_about_authentication, pull_request_subject};
use crate::forge::{Instance, PullRequestState};
use crate::model::approval::Circumstances;
use crate::model::request::{Concern, EvaluationRequest, Subject};
use crate::model::verdict::{Conclusion, Verdict};
use crate::store::{Delay, Job, Mark, Outcome, Said, StatusKey, SubjectLine};

/// Judges one subject and says so at its statuses.
pub(super) async fn perform(context: &Context, job: &Job) -> Result<(), JobError> {
    let task = Task::from_payload(&job.payload)?;
    let instance = context.instance(&task.instance)?;
    let marks = task.marks()?;
    if !marks.is_empty() && !context.store.is_awaited(job).await? {
        // A later evaluation speaks for everything that this one was for.
        context.store.finish(job).await?;
        return Ok(());
    }
    let turn = Turn {
        context,
        instance,
        job,
        task: &task,
    };
    match task.subject {
        Subject::PullRequest {
            number,
            ref target,
            base,
            head,
        } => {
            let told = PullRequestState {
                number,
                open: !task.closing,
                target: target.clone(),
                base,
                head,
                actor: task.actor.clone(),
            };
            turn.pull_request(told).await
        }
        Subject::Push { .. } | Subject::MergeGroup { .. } => {
            turn.judge(task.subject.clone(), Circumstances::default(), Vec::new())
                .await
        }
    }
}

/// One run of one evaluation job.
struct Turn<'a> {
    context: &'a Context,
    instance: &'a Instance,
    job: &'a Job,
    task: &'a Task,
}

impl Turn<'_> {
    async fn pull_request(&self, told: PullRequestState) -> Result<(), JobError> {
        let evidence = &self.instance.evidence;
        let repository = &self.task.repository;
        let state = as_it_is_now(evidence.as_ref(), repository, told).await?;
        let withdrawn = self.outdated(&state).await?;
        if !state.open || !self.is_about(&state) {
            if state.open {
                self.judge_instead(&state).await?;
            }
            let store = &self.context.store;
            store.conclude(self.job, None, &withdrawn).await?;
            self.context.wake.notify_waiters();
            return Ok(());
        }
        let asked = match self.task.concern {
            Concern::Authentication => Circumstances::default(),
            Concern::Change | Concern::Everything => {
                circumstances::ask(self.context, self.instance, self.task, &state).await?
            }
        };
        self.judge(subject_of(&state), asked, withdrawn).await
    }

    /// Whether the pull request still has the head and target that this job is for.
    fn is_about(&self, state: &PullRequestState) -> bool {
        match &self.task.subject {
            Subject::PullRequest { target, head, .. } => {
                !self.task.closing && *target == state.target && *head == state.head
            }
            Subject::Push { .. } | Subject::MergeGroup { .. } => false,
        }
    }

    /// Queues the evaluation of the pull request as it is now, unless one is queued.
    async fn judge_instead(&self, state: &PullRequestState) -> Result<(), JobError> {
        let task = Task {
            subject: subject_of(state),
            actor: state.actor.clone(),
            closing: false,
            ..self.task.clone()
        };
        let lines = self.lines(state.number).await?;
        let marks = task.marks()?;
        let queued = lines
            .iter()
            .any(|line| line.sequence > self.job.id && marks.iter().any(|m| m.key == line.key));
        if !queued {
            let evaluation = to_evaluation(&task)?;
            let store = &self.context.store;
            store.begin_evaluations(None, &[evaluation], "").await?;
        }
        Ok(())
    }

    /// What this pull request said of heads and targets that it no longer has.
    async fn outdated(&self, state: &PullRequestState) -> Result<Vec<Outcome>, JobError> {
        let current = Task {
            subject: subject_of(state),
            closing: !state.open,
            ..self.task.clone()
        };
        let current = self.marks_and_echoes(&current)?;
        let why = match state.open {
            true => format!(
                "The pull request now has the head {} and the target {}.",
                state.head.short(),
                state.target.short_text()
            ),
            false => "The pull request is closed.".to_owned(),
        };
        let lines = self.lines(state.number).await?;
        let outdated = lines
            .into_iter()
            .filter(|line| line.sequence <= self.job.id)
            .filter(|line| !current.contains(&(line.key.clone(), line.subject.clone())));
        Ok(outdated
            .map(|line| Outcome::Withdrawn(mark_of(line), overtaken(&why)))
            .collect())
    }

    /// Where a pull request speaks of what this job judges.
    async fn lines(&self, number: u64) -> Result<Vec<SubjectLine>, JobError> {
        let store = &self.context.store;
        let (instance, repository) = (&self.task.instance, self.task.repository.id);
        let subject = pull_request_subject(number);
        let about = self.task.concern == Concern::Authentication;
        let mut lines = store.lines_of(instance, repository, &subject).await?;
        lines.retain(|line| is_about_authentication(&line.key.context) == about);
        if about {
            let echo = echo_subject(&subject);
            lines.extend(store.lines_of(instance, repository, &echo).await?);
        }
        Ok(lines)
    }

    /// Where a task speaks, and where it is repeated.
    fn marks_and_echoes(&self, task: &Task) -> Result<Vec<(StatusKey, String)>, JobError> {
        let mut all: Vec<_> = task
            .marks()?
            .into_iter()
            .map(|it| (it.key, it.subject))
            .collect();
        if task.concern == Concern::Authentication {
            let echoes = task.about(Concern::Change).marks()?.into_iter();
            all.extend(echoes.map(|mark| (mark.key, echo_subject(&mark.subject))));
        }
        Ok(all)
    }

    async fn judge(
        &self,
        subject: Subject,
        mut circumstances: Circumstances,
        mut outcomes: Vec<Outcome>,
    ) -> Result<(), JobError> {
        let request = EvaluationRequest {
            repository: self.task.repository.name.clone(),
            seen_at: self.first_seen(&subject).await?,
            actor: self.task.actor.clone(),
            subject,
            concern: self.task.concern,
        };
        let mirror = self.fetch(&request.subject).await?;
        let place = (&request.subject, &mirror);
        let marks = self.marks(self.task, place).await?;
        let asks = (self.instance, self.task);
        match self.task.concern {
            Concern::Authentication => {
                let pushes = authentication::pushes(self.context, asks, place, &marks);
                circumstances.pushes = pushes.await?;
            }
            Concern::Change | Concern::Everything => {
                if let Subject::MergeGroup { .. } = request.subject {
                    circumstances = circumstances::of_group(self.context, asks, place).await?;
                }
                let known = &mut circumstances;
                circumstances::add_pushers(self.context, self.task, place, known).await?;
                let asked = self.instance.evidence.configured(&self.task.repository);
                known.configured = asked.await?;
            }
        }
        let verdict = self.verdict(&request, &mirror, circumstances).await?;
        if verdict.conclusion == Conclusion::Pending {
            return self.wait(&verdict).await;
        }
        let kept = to_keep(self.task, &verdict)?;
        let said = Said {
            conclusion: verdict.conclusion,
            rendered: Rendered::of(&verdict, &self.context.templates)?.to_json(),
            verdict_id: Some(kept.id.clone()),
        };
        if self.task.concern == Concern::Authentication {
            outcomes.extend(self.echoes(place, &said).await?);
        }
        let says = marks
            .into_iter()
            .map(|mark| Outcome::Says(mark, said.clone()));
        outcomes.extend(says);
        let store = &self.context.store;
        store.conclude(self.job, Some(&kept), &outcomes).await?;
        self.context.wake.notify_waiters();
        metrics::counter!("forgewarden_verdicts_total", "conclusion" => kept.conclusion.clone())
            .increment(1);
        tracing::info!(
            repository = %verdict.repository,
            subject = %verdict.subject,
            conclusion = %verdict.conclusion,
            verdict = %kept.id,
            "judged"
        );
        Ok(())
    }

    /// Evidence is awaited: the job comes back when that ends, unless evidence
    /// has queued a later one before.
    async fn wait(&self, verdict: &Verdict) -> Result<(), JobError> {
        let ends = verdict
            .authentication
            .iter()
            .filter_map(|push| push.awaited_until);
        let until = ends.min().unwrap_or_else(|| self.context.clock.now());
        let delay = Delay::AskedToWait(until);
        let store = &self.context.store;
        store
            .put_back(self.job, delay, "evidence of authentication is awaited")
            .await?;
        Ok(())
    }

    /// What is wrong with how it was pushed is said at the status of the change
    /// too, which blocks the merge everywhere. Nothing else is said there.
    async fn echoes(
        &self,
        place: (&Subject, &Mirror),
        said: &Said,
    ) -> Result<Vec<Outcome>, JobError> {
        let task = self.task.about(Concern::Change);
        let marks = self.marks(&task, place).await?.into_iter();
        Ok(marks
            .map(|mark| {
                let echo = Mark {
                    subject: echo_subject(&mark.subject),
                    ..mark
                };
                match said.conclusion {
                    Conclusion::Fail | Conclusion::Error => Outcome::Says(echo, said.clone()),
                    Conclusion::Pass | Conclusion::Pending => {
                        let why = "How it was pushed is no objection.";
                        Outcome::Withdrawn(echo, overtaken(why))
                    }
                }
            })
            .collect())
    }

    /// When the newest head of the subject was first received.
    async fn first_seen(&self, subject: &Subject) -> Result<Timestamp, JobError> {
        let mut latest = None;
        for head in heads(subject) {
            let (instance, repository) = (&self.task.instance, self.task.repository.id);
            let store = &self.context.store;
            let seen = store
                .first_seen(instance, repository, head, self.task.received_at)
                .await?;
            latest = latest.max(Some(seen));
        }
        Ok(latest.unwrap_or(self.task.received_at))
    }

    async fn fetch(&self, subject: &Subject) -> Result<Mirror, JobError> {
        let repository = &self.task.repository;
        let remote = self.instance.objects.remote(repository).await?;
        let plan = FetchPlan {
            instance: self.task.instance.clone(),
            repository_id: repository.id,
            heads: heads(subject),
            others: others(subject),
            default_branch: repository.default_branch.clone(),
        };
        Ok(self.context.mirrors.fetch(&plan, &remote).await?)
    }

    async fn verdict(
        &self,
        request: &EvaluationRequest,
        mirror: &Mirror,
        circumstances: Circumstances,
    ) -> Result<Verdict, JobError> {
        let judge = self.context.judge.clone();
        let path = mirror.path().to_owned();
        let (asked, limit) = (request.clone(), self.context.settings.judge_timeout);
        let work = tokio::task::spawn_blocking(move || judge.judge(&asked, &path, circumstances));
        match tokio::time::timeout(limit, work).await {
            Ok(Ok(verdict)) => Ok(verdict),
            Ok(Err(_)) => Err(JobError::Panicked),
            Err(_) => {
                let seconds = limit.as_secs();
                let why = format!(
                    "Judging took longer than {seconds} s (`worker.judge_timeout_seconds`)."
                );
                Ok(self.context.judge.could_not_judge(request, why))
            }
        }
    }

    /// The statuses that the verdict is for. Tags are peeled: forges show
    /// statuses on commits only.
    async fn marks(
        &self,
        task: &Task,
        (subject, mirror): (&Subject, &Mirror),
    ) -> Result<Vec<Mark>, JobError> {
        let mut marks = task.marks()?;
        if let Subject::Push { updates } = subject {
            for update in updates.iter().filter(|update| update.name.is_tag()) {
                let Some(new) = update.new else { continue };
                if let Some(commit) = mirror.commit_of(new).await? {
                    marks.push(task.push_mark(update, commit)?);
                }
            }
        }
        Ok(marks)
    }
}

fn mark_of(line: SubjectLine) -> Mark {
    Mark {
        key: line.key,
        subject: line.subject,
        place: String::new(),
    }
}
