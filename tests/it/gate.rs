//! The gate as a whole: the real `forgewarden serve`, a real policy and real
//! git objects, against a forge that blocks and merges like GitHub. People are
//! alice and bob, whom the policy trusts, and mallory, whom it does not.

mod approvals;
mod deliveries;
mod moving;
mod one_verdict;
mod outages;
mod policy;
mod pull_requests;
mod scene;
mod sharing;

/// Each story on each forge.
macro_rules! stories {
    ($($file:ident { $($story:ident)* })*) => {
        stories!(@on github crate::support::forge::github::GitHub; $($file { $($story)* })*);
        stories!(@on gitlab crate::support::forge::gitlab::GitLab; $($file { $($story)* })*);
        stories!(@on gitlab_free crate::support::forge::gitlab::Free; $($file { $($story)* })*);
        stories!(@on stash crate::support::forge::stash::Stash; $($file { $($story)* })*);
    };
    (@on $forge:ident $stand_in:ty; $($file:ident { $($story:ident)* })*) => {
        mod $forge {
            $(mod $file {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $story() {
                    crate::gate::$file::$story::<$stand_in>().await;
                })*
            })*
        }
    };
}

stories! {
    deliveries {
        a_delivery_that_is_not_signed_as_agreed_does_nothing
        a_replayed_delivery_is_judged_once
        what_a_push_says_of_its_commits_is_not_believed
    }
    moving {
        a_verdict_stays_with_the_head_that_was_judged
        a_head_that_moves_while_it_is_fetched_is_not_judged
        a_late_publication_of_the_old_head_does_not_unblock_the_new_one
        a_pass_for_a_lax_branch_is_none_for_a_strict_one
        a_push_does_not_excuse_an_earlier_one_to_the_same_head
    }
    one_verdict {
        of_a_push_that_passes
        of_a_push_that_fails
        of_a_new_branch_that_passes
        of_a_new_branch_that_fails
    }
    outages {
        a_forge_that_was_down_gets_its_statuses_later
        a_rate_limit_is_waited_for
        what_cannot_be_fetched_ends_as_a_failed_check
    }
    policy {
        a_policy_inside_the_pull_request_does_not_help_it
        even_on_the_target_branch_it_only_tightens
        what_the_target_branch_tightened_judges_the_change_that_takes_it_back
    }
    pull_requests {
        a_signed_pull_request_passes_and_is_merged
        an_unsigned_commit_blocks_until_it_is_gone
        a_stranger_s_signature_blocks
        an_approval_is_for_one_head_only
        one_unsigned_commit_among_many_is_found_and_named
    }
    sharing {
        two_pull_requests_of_one_head_show_the_worst
        targets_have_checks_of_their_own
    }
}
