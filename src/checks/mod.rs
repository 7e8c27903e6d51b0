//! The rules. One file each; one word in `checks!` registers it.
//!
//! A check is a pure function from its configuration and the facts to
//! objections. It does no I/O, never sees a forge, and never decides whether
//! something blocks: the policy does. What checks share stands in `support`.
//!
//! To add a check: copy `unsigned_commit.rs` (or `ci_path_symlink.rs` for one
//! with keys of its own) to `<your_check>.rs`, rewrite its comment, `META`,
//! `config!` and `run`, and add `your_check` to `checks!` below. Then add a
//! case that it objects to and one that it accepts to `tests/it/checks/`, and
//! let `FORGEWARDEN_WRITE_DOCS=1 INSTA_UPDATE=always cargo test --test it --
//! catalogue:: checks::` write its page of the manual and its messages. The catalogue test says what is missing.

#[macro_use]
mod support;

pub use support::{CheckMeta, Mode, Objections, PrincipalSelector, Registered, Rule, Unjudged};

/// The check with this id.
pub fn find(id: &str) -> Option<&'static Registered> {
    ALL.iter().find(|check| check.meta.id == id)
}

checks! {
    unsigned_commit,
    unsigned_tag,
    unknown_signer,
    expired_key,
    revoked_key,
    bad_signature,
    malformed_signature,
    unverifiable_signature,
    malformed_object,
    tag_name_mismatch,
    tag_moved,
    protected_ref_rewind,
    protected_ref_deletion,
    ci_change_unapproved,
    ci_config_unparsable,
    ci_path_lookalike,
    ci_path_symlink,
    ci_path_submodule,
    ci_file_in_lfs,
    policy_file_invalid,
    password_authentication,
    anonymous_push,
    unknown_authentication,
    ambiguous_authentication,
    credential_not_allowed;
    build:
    impostor_commit,
    image_registry_untrusted,
    docker_socket_mounted,
    privileged_container,
    image_source_changed,
    image_digest_removed,
    image_not_pinned,
    image_unresolved,
    dockerfile_frontend_untrusted,
    host_namespace_shared,
    host_path_mounted,
    docker_api_unauthenticated,
    kubernetes_rbac_widened,
    kubernetes_admission_weakened,
    gitops_source_changed,
    image_runs_as_root,
    production_reachable_from_nonproduction,
    environment_retargeted,
    zones_crossed,
    network_segregation_removed,
    cloud_static_key,
    oidc_trust_widened,
    change_spans_zones,
    capability_unapproved,
    imported_finding,
    untrusted_code_with_secrets,
    risky_trigger_added,
    script_injection,
    token_permission_widened,
    action_pin_weakened,
    action_not_pinned,
    third_party_action_added,
    action_pin_suspicious,
    bot_identity_trusted,
    ai_agent_on_untrusted_input,
    unsound_guard,
    runs_on_controller,
    agent_unconstrained,
    self_hosted_on_untrusted_trigger,
    fork_builds_trusted,
    controller_config_weakened,
    plan_permission_widened,
    runner_command_injection_enabled,
    ownership_weakened,
    opaque_build_input,
    toolchain_or_wrapper_changed,
    scanner_config_weakened,
    ci_file_enabled,
    ci_file_disabled,
    ci_config_generated,
    include_unresolved,
    submodule_source_changed,
    git_attribute_hides_config,
    ci_config_shadowed,
    suppression_added,
    ci_config_hidden_characters,
    dependency_registry_redirected,
    deploy_gate_removed,
    runner_moved,
    shared_pipeline_code_unpinned,
    secret_scope_widened,
    security_check_weakened,
    untrusted_artifact_or_cache,
    required_check_removed,
    registry_static_credential,
    secret_sent_to_host,
    remote_code_piped,
    tls_verification_disabled,
    debug_shell_or_tunnel,
    secret_exposed_in_log,
    credential_literal,
    secret_baked_into_image,
    image_verification_removed,
    release_image_pushed_from_unreviewed_ref,
}
