"""What is said: marks of messages, words, what a group talks about. Pure; Chinese and English alike."""

from qunce.insights.policies.texts.marks import greets as greets
from qunce.insights.policies.texts.marks import marks as marks
