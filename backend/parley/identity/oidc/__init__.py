"""OpenID Connect: signing in at the company's own provider. The reasons stand in docs/decisions/oidc.md."""
