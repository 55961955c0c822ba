"""Measures Gatehouse against nginx and HAProxy: who costs how much for the same job, in one run on one machine."""
