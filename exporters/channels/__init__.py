"""Every channel we ship, one file each. To add one: write <name>.py, then list it here.

`fields` has the types of their forms, `posting` the one way in which they speak HTTP, and
`slack_blocks` what a message looks like in Slack.
"""

from exporters.channels import alertmanager, slack, webhook
from exporters.core import ChannelKind

ALL: tuple[ChannelKind, ...] = (slack.CHANNEL, webhook.CHANNEL, alertmanager.CHANNEL)
