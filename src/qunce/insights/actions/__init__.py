"""Changes of the insights context, by noun.

Pages and commands import what they need from the modules: all of them at once would load numpy into every process.
"""
