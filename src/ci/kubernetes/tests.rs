//! Manifests and what is told of them.

use std::sync::Arc;

use proptest::prelude::*;

use super::manifest_items;
use crate::ci::told::{model, told};
use crate::ci::{MemoryFiles, blueprint};
use crate::model::build::{Blueprint, Spot};

fn of(path: &str, text: &str) -> Vec<String> {
    let tree = MemoryFiles::default().with(path, text);
    let prefix = format!("{path}:");
    let all = told(&model(tree, path)).into_iter();
    all.map(|line| line.strip_prefix(&prefix).unwrap_or(&line).to_owned())
        .collect()
}

#[test]
fn every_kind_of_workload_is_found_by_its_shape() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: batch/v1\n  kind: CronJob\n  metadata: {name: n, namespace: pay-prod}\n  spec:\n    jobTemplate:\n      spec:\n        template:\n          spec:\n            hostNetwork: yes\n            initContainers: [{name: i, image: a:1}]\n            containers: [{name: c, image: 'b@x'}]\n---\napiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec:\n  steps:\n  - {name: s, image: c.example/x, script: 'echo hi'}\n---\nnot: a manifest\n";
    assert_eq!(
        of("x.yaml", text),
        [
            "14 CronJob/pay-prod/n/c/image: Deployed ? b@x",
            "6 CronJob/pay-prod/n/c/namespace: Namespace pay-prod",
            "12 CronJob/pay-prod/n/c/hostNetwork: HostNamespace(\"network\")",
            "13 CronJob/pay-prod/n/i/image: Deployed docker.io/library/a:1",
            "6 CronJob/pay-prod/n/i/namespace: Namespace pay-prod",
            "12 CronJob/pay-prod/n/i/hostNetwork: HostNamespace(\"network\")",
            "21 Task//t/s/image: Deployed c.example/x",
        ]
    );
}

#[test]
fn rights_of_pods_and_containers_are_effective() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  securityContext: {runAsUser: 0, seccompProfile: {type: Unconfined}}\n  volumes:\n  - {name: d, hostPath: {path: /run/docker.sock}}\n  - {name: s, secret: {secretName: keys}}\n  containers:\n  - name: a\n    volumeMounts: [{name: d, mountPath: /d}]\n    securityContext: {privileged: 'true', runAsUser: 7, capabilities: {add: [SYS_ADMIN, CHOWN]}}\n    env:\n    - {name: T, valueFrom: {secretKeyRef: {name: s, key: k}}}\n    - {name: API_TOKEN, value: abc}\n    - {name: DOCKER_HOST, value: 'tcp://localhost:2375'}\n  - name: b\n    volumeMounts: [{name: s}]\n";
    assert_eq!(
        of("x.yaml", text),
        [
            "7 Pod//p/a/volumes/d: EngineSocket(\"/run/docker.sock\")",
            "12 Pod//p/a/securityContext/privileged: Privileged",
            "12 Pod//p/a/securityContext/capabilities: Capability(\"SYS_ADMIN\")",
            "5 Pod//p/a/securityContext/seccompProfile: Unconfined(\"seccomp=unconfined\")",
            "12 Pod//p/a/user: NotRoot",
            "14 Pod//p/a/env/T: Named(\"s/k\")",
            "15 Pod//p/a/env/API_TOKEN: literal API_TOKEN",
            "16 Pod//p/a/env/DOCKER_HOST: OpenEngineApi(\"tcp://localhost:2375\")",
            "8 Pod//p/b/volumes/s: Named(\"keys\")",
            "5 Pod//p/b/securityContext/seccompProfile: Unconfined(\"seccomp=unconfined\")",
            "5 Pod//p/b/user: Root",
        ]
    );
}

#[test]
fn access_secrets_and_admission_are_told() {
    let text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: n}\nrules:\n- {apiGroups: ['', apps], resources: [pods], verbs: [Get]}\n- {apiGroups: [''], resources: [secrets], resourceNames: [a], verbs: ['*']}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: admin}\nsubjects: [{kind: ServiceAccount, name: ci, namespace: n}, {kind: Group, name: 'system:authenticated'}]\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {pass: hunter2, empty: ''}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n, labels: {pod-security.kubernetes.io/enforce: restricted}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: d, namespace: n}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress], egress: [{}]}\n---\napiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: k}\nspec:\n  validationFailureAction: Enforce\n  rules:\n  - {name: v, exclude: {any: [{resources: {namespaces: [x]}}]}}\n";
    assert_eq!(
        of("x.yaml", text),
        [
            "5 /Role/n/r/rules: Role r may {\"get\"} {\"pods\", \"pods.apps\"} in namespace n",
            "6 /Role/n/r/rules: Role r may {\"*\"} {\"secrets a\"} in namespace n",
            "12 /ClusterRoleBinding//b/subjects: ServiceAccount n/ci may {\"holds\"} {\"ClusterRole admin\"} in cluster",
            "12 /ClusterRoleBinding//b/subjects: group system:authenticated may {\"holds\"} {\"ClusterRole admin\"} in cluster",
            "17 /Secret//s/stringData/pass: literal s/pass",
            "21 /Namespace//n/pod-security: kubernetes.pod-security = restricted",
            "23 /NetworkPolicy/n/d/ingress: kubernetes.network-policy.ingress = none",
            "26 /NetworkPolicy/n/d/egress: kubernetes.network-policy.egress = open",
            "32 /ClusterPolicy//k: kubernetes.admission.action = enforce",
            "34 /ClusterPolicy//k/rules/v: kubernetes.admission.action = enforce",
            "34 /ClusterPolicy//k/rules/v/exclude: kubernetes.admission.exclude = {any: [{resources: {namespaces: [x]}}]}",
        ]
    );
}

#[test]
fn sources_of_gitops_kustomize_and_helm_are_told() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source: {repoURL: 'https://git.example/o/r.git', targetRevision: v1.2.3, path: p}\n  destination: {server: 'https://k', namespace: prod}\n";
    assert_eq!(
        of("x.yaml", application),
        [
            "5 Application//a/source: Manifests git.example/o/r/p v1.2.3 Tag",
            "6 Application//a/destination/server: Cluster https://k",
            "6 Application//a/destination/namespace: Namespace prod",
            "5 Application//a/syncPolicy: Manual sync",
        ]
    );
    let kustomization = "resources:\n- ../base\n- https://github.com/o/r//k?ref=main\nimages:\n- {name: app, newName: evil.example/app, newTag: '2'}\npatches:\n- patch: |-\n    - op: add\n      path: /spec/x/privileged\n      value: true\n";
    assert_eq!(
        of("k/kustomization.yaml", kustomization),
        [
            "2 /resources: unresolved base: there is no such file",
            "3 /resources: Manifests github.com/o/r/k main Branch",
            "5 /images/app: Deployed evil.example/app:2",
            "10 /patches/spec/x/privileged: Privileged",
        ]
    );
    let values = "global: {imageRegistry: r.example}\nimage:\n  repository: a/b\n  tag: ''\nsidecar: {image: {registry: q.example, repository: c, digest: ''}}\ninit: {image: 'x:1'}\ndb: {password: hunter2}\npodSecurityContext: {runAsNonRoot: true}\nextraVolumes: [{name: v, hostPath: {path: /etc}}]\n";
    assert_eq!(
        of("chart/values.yaml", values),
        [
            "1 /global/imageRegistry: Instead r.example",
            "3 /image: Deployed r.example/a/b:appVersion",
            "8 /user: NotRoot",
            "5 /sidecar/image: Deployed q.example/c",
            "6 /init/image: Deployed r.example/x:1",
            "7 /db/password: literal password",
            "9 /extraVolumes/v/hostPath: HostPath(\"/etc\")",
        ]
    );
    let chart = "name: c\ndependencies:\n- {name: redis, version: ~17, repository: 'https://charts.example/x'}\n- {name: own, version: 1.0.0, repository: 'file://../own'}\n";
    assert_eq!(
        of("chart/Chart.yaml", chart),
        [
            "3 /dependencies/redis: Chart charts.example/x/redis ~17 Branch",
            "4 /dependencies/own: Chart file://../own 1.0.0 Tag",
        ]
    );
}

#[test]
fn templates_are_read_as_far_as_they_are_plain() {
    let text = "{{- if .Values.on }}\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  containers:\n    - name: a\n      image: \"{{ .Values.image }}:1\"\n      securityContext:\n        privileged: true\n{{- end }}\n";
    let told = of("charts/x/templates/pod.yaml", text);
    assert_eq!(
        told,
        ["11 Pod//$rendered/a/securityContext/privileged: Privileged"]
    );
    let odd = of("charts/x/templates/odd.yaml", "a: {{ x }}\n b: : [\n");
    assert!(odd[0].contains("only when Helm renders it"), "{odd:?}");
}

#[test]
fn manifests_in_other_files_have_their_lines_there() {
    let path = Arc::new("Jenkinsfile".into());
    let spot = Spot {
        path,
        line: 10,
        column: 5,
    };
    let mut items = Vec::new();
    let text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: a, image: x}\n";
    manifest_items(text, &spot, &mut items);
    let mut blueprint = Blueprint::new(&spot.path, "jenkins");
    blueprint.items = items;
    assert_eq!(
        told(&blueprint),
        ["Jenkinsfile:14 /Pod///a/image: Deployed docker.io/library/x"]
    );
}

proptest! {
    #[test]
    fn any_manifest_ends(
        body in "(( ){0,6}(- )?(spec|containers|image|items|kind|env|x|template|rules|labels|metadata): ?(a|\\{\\}|\\[\\]|true|List)?\n){0,25}"
    ) {
        let text = format!("apiVersion: v1\nkind: List\n{body}");
        let mut tree = MemoryFiles::default().with("x.yaml", &text);
        let _ = blueprint(&Arc::new("x.yaml".into()), &[], &mut tree);
    }
}
