"""The people Meridian Mobile has in mind: personas for the segments that marketing works with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from django.core.files.base import ContentFile

from customers.models import Persona, Segment
from customers.personas import save_persona
from customers.pictures import small_picture
from demo.faces import Face, draw_face
from staff.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    name: str
    segment: str
    quote: str
    description: str
    goals: tuple[str, ...]
    frustrations: tuple[str, ...]
    channels: tuple[str, ...]
    face: Face


SKETCHES = (
    Sketch(
        name="Flexible Faruk", segment="Month-to-month contracts",
        quote="If something better comes along, I am gone by Friday.",
        description="In his late twenties, shares a flat, changes jobs and addresses often. Compares prices on his "
        "phone and reads what others say before he reads what we say.",
        goals=("Pay only for what he uses", "Leave without a fight", "Settle everything on the phone"),
        frustrations=("A bill that is higher than last month’s without a reason", "Waiting in a queue on the phone"),
        channels=("Website", "Chat", "SMS"),
        face=Face(background="#cfe8e6", skin="#e8b995", hair="#3b2a20", clothes="#17807c", cut="short"),
    ),
    Sketch(
        name="Loyal Ljubica", segment="Long-standing customers",
        quote="Twenty years with you. A thank-you would be nice.",
        description="Sixty-four, a retired teacher. Came with her first mobile phone and stayed. Knows the people in "
        "her shop by name.",
        goals=("A phone that simply works", "Somebody she can ask in person", "To be treated as well as new customers"),
        frustrations=("Offers for new customers only", "Having to explain everything again at each call"),
        channels=("Shop", "Phone", "Letter"),
        face=Face(
            background="#f3e2c7", skin="#f0c9ab", hair="#b9b3ae", clothes="#8a4f7d", cut="bun", has_glasses=True
        ),
    ),
    Sketch(
        name="Newcomer Nasrin", segment="Persian speakers",
        quote="I understand technology. I do not understand your letters.",
        description="Thirty-five, an engineer who moved here three years ago. Speaks Persian at home and English at "
        "work, and calls her parents every day.",
        goals=("Good calls home at a fair price", "Letters and support in a language she reads well"),
        frustrations=("Contracts in the local language alone", "Being passed from one person to the next"),
        channels=("E-mail", "Website"),
        face=Face(background="#dcd9f0", skin="#dba983", hair="#4b3f9e", clothes="#30286b", cut="scarf"),
    ),
    Sketch(
        name="Streaming Sandra", segment="High bills on fibre",
        quote="For this price I expect that nothing ever stutters.",
        description="Forty-two, works from home, two teenagers who play online. Has every add-on there is, and counts "
        "on all of it at once.",
        goals=("Fast and steady at eight in the evening", "One bill for everything"),
        frustrations=("Repairs that take days", "Paying the most and waiting like everybody else"),
        channels=("App", "Phone", "E-mail"),
        face=Face(background="#f6d5cf", skin="#f2c6a5", hair="#a0522d", clothes="#b8433b", cut="long"),
    ),
    Sketch(
        name="Silent Selma", segment="Bought lately, never answered",
        quote="Nobody asks me anything I would want to answer.",
        description="Thirty, buys accessories and pays on time. Deletes mails from companies unread; we know what she "
        "buys and not what she thinks.",
        goals=("Be in and out in five minutes",),
        frustrations=("Surveys that are longer than the purchase", "Mails that are not meant for her"),
        channels=("Shop", "Website"),
        face=Face(
            background="#d5e5c9", skin="#c98f68", hair="#241a16", clothes="#4d7a33", cut="long", has_glasses=True
        ),
    ),
)  # fmt: skip


def imagine_personas(*, segments: Mapping[str, Segment], by: User, at: datetime) -> dict[str, Persona]:
    personas = {}
    for sketch in SKETCHES:
        portrait = draw_face(sketch.face)
        picture = small_picture(BytesIO(portrait), size=len(portrait))
        personas[sketch.name] = persona = Persona(
            name=sketch.name,
            segment=segments[sketch.segment],
            quote=sketch.quote,
            description=sketch.description,
            goals="\n".join(sketch.goals),
            frustrations="\n".join(sketch.frustrations),
            channels="\n".join(sketch.channels),
            picture=ContentFile(picture, name="portrait.webp"),
        )
        save_persona(persona=persona, by=by, at=at)
    return personas
