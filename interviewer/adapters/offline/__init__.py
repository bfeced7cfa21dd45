"""The interviewer that needs no model: the default, and what stands in when a model fails."""

from interviewer.adapters.offline.reader import OfflineInterviewer

__all__ = ["OfflineInterviewer"]
