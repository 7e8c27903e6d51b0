//! What single steps do. <https://www.jenkins.io/doc/pipeline/steps/>

use super::call::Call;
use super::declarative::approval;
use super::unit::Unit;
use super::work::{Frame, Reader, Work};
use super::{checkout, container, pod};
use crate::model::build::{
    Guard, GuardKind, Held, Item, Login, Transfer, TransferKind, Weakening, WeakeningKind, What,
};

impl Reader<'_, '_> {
    /// What a step does by itself; what stands in its body inherits it.
    pub(super) fn effects(
        &mut self,
        unit: &Unit<'_>,
        call: &Call<'_>,
        (frame, work): (&mut Frame, &mut Work),
    ) {
        let short = call.short();
        let items = match short {
            "withCredentials" => self.bindings(unit, call),
            "withAWS"
            | "withKubeConfig"
            | "kubernetesDeploy"
            | "withKubeCredentials"
            | "httpRequest"
            | "sshPublisherDesc"
            | "azureCLI"
            | "nexusArtifactUploader" => self.access(unit, call, short),
            "sshagent" => self.ssh_agent(unit, call),
            "withRegistry" | "withDockerRegistry" | "withDockerServer" => {
                container_login(unit, call)
            }
            "library" | "@Library" => self.libraries(unit, call),
            "input" => vec![approval(unit, call)],
            "inside" | "withRun" | "run" => options(unit, call),
            "image" if call.name.ends_with("docker.image") => Vec::new(),
            _ => Vec::new(),
        };
        for item in items {
            let order = work.order;
            frame.items.push(item.clone());
            self.add_item(work, Item { order, ..item });
        }
        self.own_effects(unit, call, work);
        self.docker(unit, call, work);
        for arg in &call.args {
            let text = unit
                .scope
                .text(arg.value)
                .filter(|text| pod::may_be_manifest(&text.text));
            if let Some(text) = text {
                for item in pod::items(unit, &text, &format!("{}/{short}", work.group)) {
                    self.add_item(work, item);
                }
            }
        }
    }

    /// What only the job itself has.
    fn own_effects(&mut self, unit: &Unit<'_>, call: &Call<'_>, work: &mut Work) {
        let (short, spot) = (call.short(), call.spot());
        match short {
            "sh" | "bat" | "powershell" | "pwsh" => self.shell(unit, call, work),
            "catchError" | "warnError" => {
                let item = soft(call);
                self.add_item(work, item);
            }
            "archiveArtifacts" | "stash" | "unstash" | "copyArtifacts" | "publishHTML"
            | "cache" => {
                if let Some(transfer) = transfer(unit, call) {
                    self.add(work, short, spot, What::Transfer(transfer));
                }
            }
            "checkout" | "git" => {
                let item = checkout::read(unit, call);
                self.add(work, short, spot, What::Checkout(item));
            }
            "junit" | "withSonarQubeEnv" | "waitForQualityGate" | "recordIssues"
            | "dependencyCheck" => {
                let kind = if short == "junit" {
                    GuardKind::Test
                } else {
                    GuardKind::Scan
                };
                let tool = short.to_owned();
                self.add(work, short, spot, What::Guard(Guard { kind, tool }));
            }
            "evaluate" | "parseClass" | "execute" | "@Grab" | "GroovyShell" => {
                self.setting(work, call, "groovy.evaluate", call.written());
            }
            _ if call.name.starts_with("Eval.") => {
                self.setting(work, call, "groovy.evaluate", call.written())
            }
            "containerTemplate" | "hostPathVolume" => {
                let mut items = Vec::new();
                container::template(unit, call, &mut items);
                for item in items {
                    self.add_item(work, item);
                }
            }
            "withEnv" => self.with_env(unit, call, work),
            _ => {}
        }
    }

    fn with_env(&mut self, unit: &Unit<'_>, call: &Call<'_>, work: &mut Work) {
        let Some(list) = call.named_or_first("overrides") else {
            return;
        };
        for text in list.many(&unit.scope) {
            let spot = unit.spot_of(&text).unwrap_or_else(|| call.spot());
            let Some((name, value)) = text.text.split_once('=') else {
                continue;
            };
            let slot = format!("environment/{name}");
            if let Some(item) = super::settings::variable(name, value, &slot, spot) {
                self.add_item(work, item);
            }
        }
    }
}

/// A failure inside does not count.
pub(super) fn soft(call: &Call<'_>) -> Item {
    let weakening = Weakening {
        kind: WeakeningKind::SoftFail,
        text: call.written(),
    };
    Item::of("steps/catchError", call.spot(), What::Weakening(weakening))
}

fn options(unit: &Unit<'_>, call: &Call<'_>) -> Vec<Item> {
    let Some(value) = call.named_or_first("args").filter(|_| call.chained) else {
        return Vec::new();
    };
    match unit.scope.text(value) {
        Some(text) => container::engine_options(&text.text, &value.spot()),
        None => Vec::new(),
    }
}

fn container_login(unit: &Unit<'_>, call: &Call<'_>) -> Vec<Item> {
    let positional = |at| {
        call.positional(at)
            .filter(|value| value.entries().iter().all(|entry| entry.key.is_none()))
    };
    let url = call
        .named("url")
        .or(positional(0))
        .map(|url| unit.text_or_written(url));
    let Some(id) = call.named("credentialsId").or(positional(1)) else {
        return Vec::new();
    };
    let (spot, id) = (id.spot(), unit.text_or_written(id));
    let login = Login {
        registry: container::registry_host(&url.unwrap_or_default()),
        with: Held::Stored(id.clone()),
        on_command_line: false,
    };
    let slot = format!("steps/{}", call.short());
    let mut all = super::credentials::stored(&id, None, &slot, spot.clone());
    if call.short() != "withDockerServer" {
        all.push(Item::of(&slot, spot, What::Login(login)));
    }
    all
}

fn transfer(unit: &Unit<'_>, call: &Call<'_>) -> Option<Transfer> {
    let at = |key: &str| call.named(key).map(|value| unit.text_or_written(value));
    let first = || call.positional(0).map(|value| unit.text_or_written(value));
    let (kind, name) = match call.short() {
        "archiveArtifacts" | "publishHTML" => {
            (TransferKind::Upload, at("artifacts").or_else(first))
        }
        "stash" => (
            TransferKind::Upload,
            at("includes").or_else(|| at("name")).or_else(first),
        ),
        "unstash" => (TransferKind::Download, at("name").or_else(first)),
        "copyArtifacts" => (TransferKind::Download, at("projectName").or_else(first)),
        _ => (TransferKind::Cache, at("name").or_else(first)),
    };
    let name = name?;
    // A job that only the run names may be anybody's.
    let foreign = call.short() == "copyArtifacts" && name.contains("${");
    Some(Transfer {
        kind,
        name,
        foreign,
    })
}
