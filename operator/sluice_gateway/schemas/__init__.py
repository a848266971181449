"""The forms of requests and answers, as pydantic models, by what they are about.

Requests are read by them; answers are only described, for OpenAPI and for the tests that hold
answers to them.
"""
