"""What is said: marks of messages, words, what a group talks about. Pure; Chinese and English alike."""

from qunce.insights.policies.texts.keywords import keywords as keywords
from qunce.insights.policies.texts.keywords import topics as topics
from qunce.insights.policies.texts.marks import greets as greets
from qunce.insights.policies.texts.marks import marks as marks
from qunce.insights.policies.texts.words import counted as counted
from qunce.insights.policies.texts.words import merged as merged
from qunce.insights.policies.texts.words import words as words
