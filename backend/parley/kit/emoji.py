"""Emoji: a small table with short names and search words, and what counts as one emoji.

A row is the character, its short names (the first is shown), and further words to find it by.
"""

# ruff: noqa: RUF001  (pictures of plus and minus are what this table is about)

import re
from dataclasses import dataclass
from functools import cache

from parley.kit.emoji_words import german

MAX_EMOJI_CHARACTERS = 16
TONES = {"1": "\U0001f3fb", "2": "\U0001f3fc", "3": "\U0001f3fd", "4": "\U0001f3fe", "5": "\U0001f3ff"}
"""The five tones of skin, lightest first."""
_TONED = frozenset(
    re.findall(
        r"\S+", "👋 🤚 🖐️ ✋ 🖖 👌 🤏 ✌️ 🤞 🤟 🤘 🤙 👈 👉 👆 👇 ☝️ 👍 👎 ✊ 👊 👏 🙌 👐 🤲 🙏 ✍️ 💪 🙋 🤷 🤦 🙇 🙅 🙆 💁"
    )
)

_TABLE = {
    "smileys": """
😀 grinning happy smile
😃 smiley happy open
😄 smile happy laugh eyes
😁 grin teeth happy
😆 laughing,satisfied haha squint
😅 sweat_smile relief phew
😂 joy tears laugh funny
🤣 rofl floor laugh
🙂 slightly_smiling_face fine
🙃 upside_down_face silly irony
😉 wink joke
😊 blush pleased shy
😇 innocent angel halo
🥰 smiling_face_with_hearts love adore
😍 heart_eyes love crush
🤩 star_struck wow amazed
😘 kissing_heart kiss
😋 yum tasty
😛 stuck_out_tongue tease
😜 stuck_out_tongue_winking_eye crazy
🤪 zany_face goofy
🤨 raised_eyebrow doubt
🧐 monocle_face inspect
🤓 nerd_face geek
😎 sunglasses cool
🥳 partying_face celebrate birthday
😏 smirk sly
😒 unamused meh
😞 disappointed sad
😔 pensive thoughtful sad
😟 worried concerned
😕 confused unsure
🙁 slightly_frowning_face sad
😣 persevere struggle
😫 tired_face exhausted
😩 weary tired
🥺 pleading_face please beg
😢 cry tear sad
😭 sob crying loud
😤 triumph huff
😠 angry annoyed
😡 rage furious
🤬 cursing_face swear
🤯 exploding_head mind blown
😳 flushed embarrassed
🥵 hot_face heat
🥶 cold_face freezing
😱 scream shock fear
😨 fearful scared
😰 cold_sweat anxious
😥 disappointed_relieved close call
🤗 hugs hug
🤔 thinking hmm consider
🤭 hand_over_mouth oops giggle
🤫 shushing_face quiet secret
🤥 lying_face
😶 no_mouth speechless
😐 neutral_face
😑 expressionless blank
😬 grimacing awkward
🙄 roll_eyes whatever
😴 sleeping tired zzz
🤤 drooling_face
😷 mask ill
🤒 face_with_thermometer ill fever
🤕 face_with_head_bandage hurt
🤢 nauseated_face sick
🤧 sneezing_face cold
🥴 woozy_face dizzy
😵 dizzy_face
🤠 cowboy_hat_face
🫡 saluting_face yes sir respect
🫠 melting_face hot
🫣 peeking_face
🤖 robot bot machine
👻 ghost halloween
💀 skull dead
👽 alien space
💩 poop
🙈 see_no_evil monkey
🙉 hear_no_evil monkey
🙊 speak_no_evil monkey
""",
    "hands and people": """
👍 thumbsup,+1 yes agree ok good
👎 thumbsdown,-1 no disagree bad
👏 clap applause bravo
🙌 raised_hands hooray praise
🙏 pray thanks please
🤝 handshake deal agreement
👋 wave hello goodbye
✋ raised_hand stop high five
🖐️ hand_splayed
🤚 raised_back_of_hand
👌 ok_hand perfect
✌️ v peace victory
🤞 crossed_fingers luck hope
🤟 love_you_gesture
🤘 metal rock
🤙 call_me_hand
👈 point_left
👉 point_right
👆 point_up_2 above this
👇 point_down below
☝️ point_up one
✊ fist solidarity
👊 punch bump
💪 muscle strong power
🫶 heart_hands love
🫱 rightwards_hand
👐 open_hands
🤲 palms_up_together
✍️ writing_hand write note
👀 eyes look seen watching
👁️ eye
🧠 brain smart idea
👂 ear listen
👃 nose smell
👄 lips mouth
🗣️ speaking_head talk
👤 bust_in_silhouette person user
👥 busts_in_silhouette people group team
🧑 adult person
👶 baby
👷 construction_worker builder
🧑‍🔧 mechanic plumber repair
🧑‍💻 technologist developer computer
🧑‍🌾 farmer gardener
🧑‍🏫 teacher
🧑‍🍳 cook chef
🧑‍🎨 artist painter
🦸 superhero hero
🤷 shrug dunno
🤦 facepalm
🙋 raising_hand question me
🙆 ok_person
🙅 no_good stop
💁 information_desk_person help
🙇 bow sorry thanks
🚶 walking
🏃 runner hurry
💃 dancer dance party
""",
    "hearts and signs": """
❤️ heart love red
🧡 orange_heart
💛 yellow_heart
💚 green_heart
💙 blue_heart
💜 purple_heart
🤎 brown_heart
🖤 black_heart
🤍 white_heart
💔 broken_heart
💕 two_hearts
💯 100 hundred perfect score
💢 anger
💥 boom explosion
💫 dizzy star
💦 sweat_drops water
💨 dash fast wind
💬 speech_balloon comment talk
💭 thought_balloon think
💤 zzz sleep
✅ white_check_mark,check done yes tick
☑️ ballot_box_with_check tick
✔️ heavy_check_mark done tick
❌ x no cross wrong
❎ negative_squared_cross_mark
➕ heavy_plus_sign add plus
➖ heavy_minus_sign minus
➗ heavy_division_sign divide
❓ question ask help
❗ exclamation important
‼️ bangbang important
⁉️ interrobang what
⚠️ warning caution
🚫 no_entry_sign forbidden
⛔ no_entry closed
🛑 stop_sign,octagonal_sign halt
🆗 ok
🆕 new
🆘 sos help emergency
🆓 free
ℹ️ information_source info
🔴 red_circle
🟠 orange_circle
🟡 yellow_circle
🟢 green_circle available
🔵 blue_circle
🟣 purple_circle
⚫ black_circle
⚪ white_circle
🔁 repeat again
🔄 arrows_counterclockwise refresh sync
⬆️ arrow_up
⬇️ arrow_down
⬅️ arrow_left
➡️ arrow_right
↩️ leftwards_arrow_with_hook return reply
🔝 top
🔜 soon
🔚 end
♻️ recycle reuse
⏩ fast_forward
⏸️ pause_button
▶️ arrow_forward play
♾️ infinity
©️ copyright
™️ tm trademark
""",
    "work and things": """
🔧 wrench tool fix repair
🔨 hammer tool build
🛠️ hammer_and_wrench,tools repair
🪛 screwdriver tool
🪚 carpentry_saw,saw cut
🔩 nut_and_bolt screw
⚙️ gear settings
🧰 toolbox tools
🪜 ladder climb
🧱 bricks,brick wall
🪵 wood timber
🪣 bucket
🧹 broom clean
🧽 sponge clean
🧯 fire_extinguisher safety
🚿 shower bathroom
🛁 bathtub bathroom
🚽 toilet bathroom
🚰 potable_water tap
🪠 plunger drain
💡 bulb idea light
🔦 flashlight torch
🔌 electric_plug power
🔋 battery power
🕯️ candle
🎨 art paint palette
🖌️ paintbrush brush
📦 package box parcel delivery
🚚 truck delivery lorry
🛒 shopping_cart basket buy
🏷️ label tag price
🧾 receipt invoice
💶 euro money
💷 pound money
💵 dollar money
💳 credit_card pay
💰 moneybag money
📈 chart_with_upwards_trend growth up
📉 chart_with_downwards_trend down
📊 bar_chart figures
📅 date calendar day
📆 calendar day
⏰ alarm_clock time
⏱️ stopwatch time
⏳ hourglass_flowing_sand,hourglass waiting time
⌛ hourglass_done time
🕐 clock1 time
📌 pushpin pin
📍 round_pushpin place location
📎 paperclip attachment
🔗 link chain
📏 straight_ruler measure
📐 triangular_ruler angle
✂️ scissors cut
🗑️ wastebasket trash bin
📁 file_folder
📂 open_file_folder
🗂️ card_index_dividers
📋 clipboard list
📝 memo,pencil note write
✏️ pencil2 edit
🖊️ pen
📄 page_facing_up document
📰 newspaper news
📚 books read learn
📖 book open manual
🔖 bookmark
✉️ envelope mail
📧 e-mail,email
📨 incoming_envelope
📣 mega announcement
📢 loudspeaker announcement
🔔 bell notification
🔕 no_bell mute
📞 telephone_receiver phone call
☎️ phone telephone
📱 iphone,mobile phone
💻 computer,laptop
🖥️ desktop_computer
🖨️ printer
⌨️ keyboard
🖱️ computer_mouse
💾 floppy_disk save
📷 camera photo
🎥 movie_camera video
🎧 headphones support
🎤 microphone
🔍 mag search find
🔎 mag_right search
🔑 key access
🔒 lock private secure
🔓 unlock open
🛡️ shield security
🧪 test_tube experiment
🔬 microscope
🐛 bug defect
🧩 jigsaw puzzle
🧭 compass direction
🗺️ world_map
🎯 dart target goal
🚀 rocket launch ship
🏗️ building_construction
🚧 construction work in progress
🏠 house home
🏢 office building
🏪 convenience_store,shop store
🏬 department_store
🏭 factory
🏥 hospital
🏦 bank
🚪 door
🪟 window
🛏️ bed sleep
🛋️ couch_and_lamp sofa
🪑 chair
""",
    "celebration and play": """
🎉 tada party congratulations
🎊 confetti_ball party
🎈 balloon party
🎂 birthday cake
🎁 gift present
🏆 trophy win
🥇 1st_place_medal,first_place gold
🥈 2nd_place_medal silver
🥉 3rd_place_medal bronze
🏅 medal_sports
🎖️ medal honour
⭐ star favourite
🌟 star2 glowing
✨ sparkles new magic shiny
🔥 fire hot great
🎵 musical_note music
🎶 notes music
🎸 guitar
🎲 game_die dice
🎮 video_game
⚽ soccer football
🏀 basketball
🏉 rugby_football
🎾 tennis
🚴 bicyclist cycling
🏊 swimmer
🏋️ weight_lifting
🎬 clapper film
🎭 performing_arts theatre
🎫 ticket
""",
    "nature and weather": """
☀️ sunny sun weather
🌤️ sun_behind_small_cloud
⛅ partly_sunny cloud
☁️ cloud
🌧️ cloud_with_rain rain
⛈️ thunder storm
⚡ zap lightning electric power
❄️ snowflake cold winter
⛄ snowman winter
🌈 rainbow pride
☔ umbrella rain
🌊 ocean wave water
💧 droplet water leak
🌍 earth_africa world globe
🌙 crescent_moon night
🌱 seedling grow plant garden
🌿 herb plant
🍀 four_leaf_clover luck
🌳 deciduous_tree tree
🌲 evergreen_tree
🌵 cactus
🌷 tulip flower garden
🌻 sunflower flower
🌹 rose flower
🌸 cherry_blossom flower spring
🍂 fallen_leaf autumn
🍁 maple_leaf autumn
🐶 dog pet
🐱 cat pet
🐭 mouse
🐰 rabbit
🦊 fox_face,fox
🐻 bear
🐼 panda_face,panda
🦁 lion
🐮 cow
🐷 pig
🐔 chicken
🐧 penguin
🐦 bird
🦉 owl wise
🐝 bee,honeybee
🦋 butterfly
🐌 snail slow
🐢 turtle slow
🐙 octopus
🐟 fish
🐳 whale
🦔 hedgehog
🦄 unicorn magic
🐞 lady_beetle ladybird
""",
    "food and drink": """
☕ coffee break hot
🍵 tea green
🫖 teapot tea
🍺 beer
🍻 beers cheers
🍷 wine_glass wine
🥂 clinking_glasses cheers
🍹 tropical_drink
🥤 cup_with_straw
🍎 apple fruit
🍌 banana fruit
🍓 strawberry fruit
🍋 lemon fruit
🍇 grapes fruit
🍅 tomato
🥕 carrot
🌽 corn
🥔 potato
🥑 avocado
🍞 bread
🥐 croissant
🧀 cheese
🥚 egg
🥓 bacon
🍔 hamburger burger
🍟 fries chips
🍕 pizza
🌮 taco
🍣 sushi
🍝 spaghetti pasta
🥗 green_salad salad
🍲 stew soup
🍰 cake
🍪 cookie biscuit
🍩 doughnut donut
🍫 chocolate_bar chocolate
🍦 icecream ice
🍽️ plate_with_cutlery lunch dinner
""",
    "travel and flags": """
🚗 car drive
🚕 taxi
🚌 bus
🚆 train
🚲 bike bicycle
✈️ airplane plane flight
🛫 flight_departure
🛬 flight_arrival
🚢 ship
⛵ sailboat
🚦 vertical_traffic_light
⛽ fuelpump petrol
🏖️ beach_umbrella holiday
🏔️ mountain_snow
⛺ tent camping
🧳 luggage travel
🏁 checkered_flag finish
🚩 triangular_flag_on_post flag
🏳️‍🌈 rainbow_flag pride
🇪🇺 eu europe
🇬🇧 gb,uk britain
🇮🇪 ie,ireland
🇧🇪 be,belgium
🇩🇪 de germany
🇫🇷 fr france
🇳🇱 nl netherlands
🇪🇸 es spain
🇮🇹 it italy
🇵🇱 pl poland
🇺🇦 ua ukraine
🇺🇸 us,usa america
""",
}

# Characters that are pictures by themselves or with a variation selector (Unicode's Extended_Pictographic, in ranges).
_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa"
    "\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f004\U0001f0cf\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f18e"
    "\U0001f191-\U0001f19a\U0001f201\U0001f202\U0001f21a\U0001f22f\U0001f232-\U0001f23a\U0001f250\U0001f251"
    "\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7f0\U0001f90c-\U0001f9ff"
    "\U0001fa70-\U0001faff]"
)
_ELEMENT = f"{_PICTURE}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])?"
_ONE = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|\U0001f3f4[\U000e0061-\U000e007a]{{2,6}}\U000e007f"
    f"|{_ELEMENT}(?:\u200d{_ELEMENT}){{0,5}}"
)


@dataclass(frozen=True, slots=True)
class Emoji:
    """One row of the table."""

    emoji: str
    names: tuple[str, ...]
    words: tuple[str, ...]
    group: str

    @property
    def name(self) -> str:
        """Its first short name, to be read aloud."""
        return self.names[0].replace("_", " ")


@cache
def emoji_table() -> tuple[Emoji, ...]:
    """Return all rows in the order in which a picker shows them."""
    rows = []
    for group, lines in _TABLE.items():
        for line in lines.split("\n")[1:-1]:
            character, names, *words = line.split()
            rows.append(Emoji(character, tuple(names.split(",")), tuple(words), group))
    return tuple(rows)


@cache
def _by_name() -> dict[str, str]:
    return {name: row.emoji for row in emoji_table() for name in row.names}


@cache
def _by_plain() -> dict[str, str]:
    return {_plain(row.emoji): row.emoji for row in emoji_table()}


def emoji_for(name: str) -> str | None:
    """Return the character that `:name:` stands for."""
    return _by_name().get(name)


def search_emoji(query: str, limit: int = 20, language: str = "en") -> list[Emoji]:
    """Return rows for what somebody has typed after a colon: names before words, beginnings before middles.

    Whoever reads German finds them by their German and their English names.
    """
    wanted = query.strip().strip(":").lower().replace(" ", "_")
    own = german() if language.startswith("de") else {}
    ranked = [(rank, row) for row in emoji_table() if (rank := _rank(row, wanted, own.get(row.emoji, ()))) is not None]
    return [row for _, row in sorted(ranked, key=lambda found: found[0])[:limit]]


def shown_name(row: Emoji, language: str) -> str:
    """Return what an emoji is called in `language`, to be read aloud."""
    names = german().get(row.emoji, ()) if language.startswith("de") else ()
    return names[0].replace("_", " ") if names else row.name


def with_tone(emoji: str, tone: str) -> str:
    """Return `emoji` with a tone of skin ("1" to "5"), where it is a picture of a person or a hand."""
    if tone not in TONES or emoji not in _TONED:
        return emoji
    first, rest = emoji[0], emoji[1:].removeprefix("\ufe0f")
    return f"{first}{TONES[tone]}{rest}"


def _rank(row: Emoji, wanted: str, own: tuple[str, ...]) -> int | None:
    tests = (
        wanted in row.names or wanted in own[:1],
        any(name.startswith(wanted) for name in (*row.names, *own[:1])),
        any(word.startswith(wanted) for word in (*row.words, *own[1:])),
        any(wanted in name for name in (*row.names, *own[:1])),
    )
    return next((rank for rank, holds in enumerate(tests) if holds), None)


def is_emoji(text: str) -> bool:
    """Whether `text` is exactly one emoji, of the table or not: a flag, a key, or pictures joined into one."""
    return len(text) <= MAX_EMOJI_CHARACTERS and _ONE.fullmatch(text) is not None


def one_emoji(text: str) -> str | None:
    """Return the one form under which a reaction is stored: the same picture with or without its selector is one."""
    if not is_emoji(text):
        return None
    return _by_plain().get(_plain(text), text)


def _plain(character: str) -> str:
    return character.replace("\ufe0f", "")
