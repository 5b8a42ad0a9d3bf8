"""Signing in and out; choosing a password with an invitation."""

import hashlib
from dataclasses import replace

from django import forms
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.password_validation import UserAttributeSimilarityValidator, validate_password
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from vestige.actions import people
from vestige.catalog.accounts.models import Person
from vestige.errors import NotFound, VestigeError
from vestige.evidence.people import system
from vestige.web import hands
from vestige.web.bytes.ledger import ledger
from vestige.web.failures import failures
from vestige.web.pages import draw

# The settings' own validator looks at attributes that a person here does not have.
_LIKE_ITS_OWNER = UserAttributeSimilarityValidator(user_attributes=("badge", "name"))


class SignInForm(forms.Form):
    """Badge and password."""

    badge = forms.CharField(label="Badge", max_length=64)
    password = forms.CharField(label="Password", max_length=500, strip=False)


class JoinForm(forms.Form):
    """A new password, twice; checked by the validators of the settings against the person who chooses it."""

    password = forms.CharField(label="New password", max_length=500, strip=False)
    again = forms.CharField(label="The same password again", max_length=500, strip=False)

    def __init__(self, person: Person, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        self._person = person

    def clean_password(self) -> str:
        """Refuse what the validators refuse."""
        password = str(self.cleaned_data["password"])
        validate_password(password, self._person)
        _LIKE_ITS_OWNER.validate(password, self._person)
        return password

    def clean_again(self) -> str:
        """Refuse a second password that is not the first."""
        again = str(self.cleaned_data["again"])
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError("The two passwords are not the same.")
        return again


def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Sign in with badge and password; a failure says nothing about which of them was wrong."""
    goal = _goal(request)
    if request.user.is_authenticated:
        return redirect(goal)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now, source = hands.ports().now(), hands.address_of(request)
        if failures().too_many(source, now):
            form.add_error(None, "Too many failed sign-ins from here. Wait a minute and try again.")
            return draw(request, "sign_in.html", {"form": form, "next": goal}, 429)
        user = authenticate(request, username=form.cleaned_data["badge"].strip(), password=form.cleaned_data["password"])
        if isinstance(user, Person):
            return _begin(request, user, goal)
        failures().add(source, now)
        form.add_error(None, "This badge and password do not fit together.")
    return draw(request, "sign_in.html", {"form": form, "next": goal}, 400 if form.errors else 200)


def _begin(request: HttpRequest, user: Person, goal: str) -> HttpResponseBase:
    """Begin the session; if its event cannot be written there is no session."""
    login(request, user)
    try:
        hands.act(request, people.sign_in)
    except VestigeError:
        logout(request)
        raise
    return redirect(goal)


def sign_out(request: HttpRequest) -> HttpResponseBase:
    """End the session."""
    ledger().end_session(request.session.session_key)
    hands.act(request, people.sign_out)
    logout(request)
    return redirect("/sign-in")


def join(request: HttpRequest, token: str) -> HttpResponseBase:
    """Choose a password with an invitation. Raises NotFound for an invitation that is unknown, used or over."""
    ports, source = hands.ports(), hands.address_of(request)
    if failures().too_many(source, ports.now()):
        raise NotFound("too many failed sign-ins from here; wait a minute and try again")
    try:
        known = people.invited(ports.catalog.invited(hashlib.sha256(token.encode()).hexdigest(), ports.now()))
    except NotFound:
        failures().add(source, ports.now())
        raise
    form = JoinForm(Person(id=known.id, badge=known.badge, name=known.name), request.POST or None)
    if request.method == "POST" and form.is_valid():
        people.join(ports, replace(system("invitation"), address=source), token, form.cleaned_data["password"])
        return redirect("/sign-in?joined=1")
    return draw(request, "join.html", {"form": form, "person": known}, 400 if form.errors else 200)


def _goal(request: HttpRequest) -> str:
    """Where to go after signing in: a path of ours, else the first page."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"
