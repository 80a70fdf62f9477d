"""What a till can do, one module per intent, without Qt.

Every use case takes the `Till` and returns a frozen result, a `Refusal` (the rules said no) or a
`Trouble` (a device, the disk or the network did; nothing was done unless it says so). Anything else
that is raised is a bug.

sign_in shift identify search pricing drafts sell top_up redeem_gift enrol printing recover health
"""
