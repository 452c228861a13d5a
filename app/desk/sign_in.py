"""Signing in: who works at the desk, by OpenID Connect where it is configured."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from app.desk.error_words import error_words
from app.desk.language import _
from app.desk.shell import service
from app.desk.texts import label
from app.environment import HOME_VARIABLE
from app.settings import Settings, read_settings
from kb.records.life_cycle import Role
from models.errors import TriageError

_MOST_GROUPS = 100


@st.cache_resource
def settings() -> Settings:
    """The settings of the data folder."""
    return read_settings(Path(os.environ[HOME_VARIABLE]))


def let_in() -> bool:
    """Whether this visitor may work: anybody where no provider is configured, else who has signed in.

    Who signs in stands beside what they change, with the role that the provider's claims give.
    """
    chosen = settings()
    if chosen.oidc_metadata_url is None:
        return True
    if not st.user.is_logged_in:
        st.title("triage")
        st.caption(_("Sign in to log tickets, review suggestions and curate articles."))
        st.button(_("Sign in"), type="primary", on_click=st.login)
        return False
    claims = st.user.to_dict()
    name = name_of(claims, chosen)
    if st.session_state.get("person") != name:
        try:
            service().give_role(name, role_of(claims, chosen), groups=groups_of(claims, chosen))
        except TriageError as error:
            st.warning(_("Your role could not be set: {error}").format(error=label(error_words(error), 300)))
        st.session_state["person"] = name
    st.session_state["signed_in"] = True
    return True


def name_of(claims: Mapping[str, Any], chosen: Settings) -> str:
    """Under which name a person works: the configured claim, else what identifies them at the provider."""
    return str(claims.get(chosen.oidc_name_claim) or claims["sub"])[:200]


def role_of(claims: Mapping[str, Any], chosen: Settings) -> Role:
    """The role that claims give: of several the one that is listed first, the usual one where none is."""
    groups = groups_of(claims, chosen)
    return next((role for group, role in chosen.oidc_roles.items() if group in groups), chosen.role)


def groups_of(claims: Mapping[str, Any], chosen: Settings) -> list[str]:
    """The groups that claims name: they decide on the role, and on the restricted tickets that a person sees."""
    said = claims.get(chosen.oidc_roles_claim) or ()
    return [said] if isinstance(said, str) else sorted(map(str, said))[:_MOST_GROUPS]
