"""What people set for themselves: how they are called, in which time zone they see times, what they get letters about."""

from datetime import datetime

from teams.errors import WrongInput
from teams.models import User
from teams.operations.sign_in import LONGEST_NAME
from teams.time_zones import time_zones


class WrongProfile(WrongInput):
    """A name has at most 150 characters, and a time zone is one of the list."""

    code = "wrong_profile"


def save_profile(*, user: User, name: str, time_zone: str, wants_run_letters: bool, now: datetime) -> None:
    """Keep it. Letters come about runs that end from now on; who has them already misses none."""
    if len(name.strip()) > LONGEST_NAME or (time_zone and time_zone not in time_zones()):
        raise WrongProfile
    user.name, user.time_zone = name.strip(), time_zone
    user.run_letters_since = (user.run_letters_since or now) if wants_run_letters else None
    user.save(update_fields=["name", "time_zone", "run_letters_since"])
