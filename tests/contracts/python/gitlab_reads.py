"""Prints as JSON what python-gitlab reads of one merge request and its head.

arguments: the instance's URL, a token, the project's path, the merge request's
number, a commit
"""

import json
import sys

import gitlab
from gitlab.exceptions import GitlabAuthenticationError, GitlabListError

REFUSED = (GitlabAuthenticationError, GitlabListError)

url, token, path, number, sha = sys.argv[1:]
forge = gitlab.Gitlab(url, private_token=token, retry_transient_errors=False)
forge.auth()
project = forge.projects.get(path)
merge_request = project.mergerequests.get(int(number))
commit = project.commits.get(sha, lazy=True)


def thread(discussion):
    note = discussion.attributes["notes"][0]
    return {
        "author": note["author"]["username"],
        "body": note["body"],
        "resolvable": note["resolvable"],
        "resolved": note["resolved"],
    }


def hooks(manager):
    try:
        return sorted(hook.url for hook in manager.list(get_all=True))
    except REFUSED:
        return None  # not for this account


def answers(merge_request):
    try:
        checks = merge_request.status_checks.list(get_all=True)
    except REFUSED:
        return None  # not licensed
    return {check.name: check.status for check in checks}


json.dump(
    {
        "account": forge.user.username,
        "project": project.id,
        "only_if_pipeline_succeeds": project.only_allow_merge_if_pipeline_succeeds,
        "merge_request": {
            "state": merge_request.state,
            "sha": merge_request.sha,
            "target": merge_request.target_branch,
            "detailed_merge_status": merge_request.detailed_merge_status,
        },
        # As the merge request sees them: of each name the one that counts.
        "statuses": [
            {
                "name": status.name,
                "state": status.status,
                "ref": status.ref,
                "description": status.description,
                "target_url": status.target_url,
                "author": status.author["username"],
            }
            for status in commit.statuses.list(get_all=True)
        ],
        "approved_by": [
            one["user"]["username"] for one in merge_request.approvals.get().approved_by
        ],
        "threads": [thread(one) for one in merge_request.discussions.list(get_all=True)],
        "checks": answers(merge_request),
        "hooks": hooks(project.hooks),
        "system_hooks": hooks(forge.hooks),
    },
    sys.stdout,
)
