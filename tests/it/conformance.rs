//! What every forge's intake must do, whatever the forge: a forge passes by
//! being in the registry. The deliveries are built here from what the vendors
//! document, not by the stand-ins and not by the product.

mod cases;
mod github;
mod gitlab;
mod http;
mod sender;
mod stash;

use forgewarden::forge;

/// One module of tests for each forge: the cases with a delivery in hand, and
/// those over HTTP.
macro_rules! conformance {
    ($($name:ident: $sender:ty),* $(,)?) => {
        /// The forges that the suite runs for.
        const COVERED: &[&str] = &[$(stringify!($name)),*];

        mod of {
            $(mod $name {
                type It = $sender;

                conformance!(@cases
                    a_lawful_delivery_is_understood
                    a_forged_delivery_is_refused
                    a_signature_for_other_bytes_is_refused
                    a_delivery_without_a_signature_is_refused
                    repeated_headers_are_refused
                    a_rotated_secret_counts_until_it_is_gone
                    an_empty_secret_refuses_to_start
                    another_instance_s_delivery_is_refused
                    a_form_is_refused
                    an_authentic_body_that_is_cut_short_is_unreadable
                    an_authentic_body_that_is_no_json_is_unreadable
                    an_event_that_we_do_not_know_is_not_of_interest
                    unknown_fields_change_nothing
                    every_ref_of_a_push_is_seen
                    a_deleted_ref_is_a_deletion
                    both_ids_null_is_unreadable
                    an_id_that_is_none_is_unreadable
                    a_pull_request_is_of_its_target_repository
                    a_closed_pull_request_is_not_open
                    unicode_names_survive
                    a_name_that_leaves_its_place_is_unreadable
                    a_rename_keeps_the_number
                    a_redelivery_has_the_same_id
                );
                conformance!(@http
                    a_lawful_delivery_is_stored
                    a_forged_delivery_is_not_stored
                    an_oversized_delivery_is_not_stored
                    a_delivery_to_another_instance_is_not_stored
                );
            })*
        }
    };
    (@cases $($case:ident)*) => { $(#[test] fn $case() { super::super::cases::$case::<It>(); })* };
    (@http $($case:ident)*) => {
        $(#[tokio::test(flavor = "multi_thread")] async fn $case() { super::super::http::$case::<It>().await; })*
    };
}

conformance! {
    github: crate::conformance::github::Sender,
    gitlab: crate::conformance::gitlab::Sender,
    stash: crate::conformance::stash::Sender,
}

#[test]
fn every_forge_of_the_registry_is_covered() {
    assert_eq!(COVERED, forge::NAMES);
}
