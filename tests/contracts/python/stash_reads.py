"""What atlassian-python-api reads back of a commit and a pull request.

arguments: URL, token, project, repository, commit, pull request, key of the report
stdout:    one JSON object
"""

import json
import sys

from atlassian import Bitbucket

url, token, project, repository, commit, number, key = sys.argv[1:]
client = Bitbucket(url=url, token=token, cloud=False)
builds = client.get_associated_build_statuses(commit)
report = client.get_code_insights_report(project, repository, commit, key)
participants = client.get_pull_requests_participants(project, repository, number)
json.dump(
    {
        "builds": builds["values"],
        "report": report,
        "participants": list(participants),
        "webhooks": list(client.get_webhooks(project, repository)),
    },
    sys.stdout,
)
