"""How messengers are called that need no setting of the operator's."""

FIXED = {
    "wecom": "wecombot://{to}/",
    "dingtalk": "dingtalk://{to}/",
    "feishu": "feishu://{to}/",
}
"""apprise URLs of services whose robots stand at one place; ``{to}`` is the robot's own key."""
