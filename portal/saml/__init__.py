"""SAML 2.0, pure: settings and bytes in, an identity or a refusal out; no database, no requests.

`answers` says who came; `asking` and `leaving` write and read the messages around it;
`metadata` introduces the two sides. docs/decisions/0042-saml.md says what each check is for.
"""
