"""The `xiaohao` command."""
