"""Replies as many programs write them, made up for these tests: what was written anew, and the whole text."""

ANSWER = "The valve still drips, sadly.\n\nCould somebody call me?"

REPLIES = {
    "Gmail": f"""{ANSWER}

On Tue, Nov 3, 2026 at 12:30 PM Fernhill Care <care@fernhill.example> wrote:

> Dear Anna,
> please close the tap first.
>
> Fernhill Care
""",
    "Gmail, wrapped": f"""{ANSWER}

On Tue, Nov 3, 2026 at 12:30 PM Fernhill Care, Leeds and the North <
care@fernhill.example> wrote:

> Dear Anna,
> please close the tap first.
""",
    "Gmail in German": f"""{ANSWER}

Am Di., 3. Nov. 2026 um 12:30 Uhr schrieb Fernhill Care <care@fernhill.example>:

> Liebe Anna,
> bitte zuerst den Hahn schließen.
""",
    "Gmail in French": f"""{ANSWER}

Le mar. 3 nov. 2026 à 12:30, Fernhill Care <care@fernhill.example> a écrit :

> Chère Anna,
> fermez d'abord le robinet.
""",
    "Apple Mail": f"""{ANSWER}

> On 3 Nov 2026, at 12:30, Fernhill Care <care@fernhill.example> wrote:
>
> Dear Anna,
> please close the tap first.
""",
    "iPhone": f"""{ANSWER}

Sent from my iPhone

> On Nov 3, 2026, at 12:30 PM, Fernhill Care <care@fernhill.example> wrote:
>
> \ufeffDear Anna,
> please close the tap first.
""",
    "Android": f"""{ANSWER}

Fernhill Care <care@fernhill.example> wrote:

> Dear Anna,
> please close the tap first.
""",
    "AOL": f"""{ANSWER}


-----Original Message-----
From: Fernhill Care <care@fernhill.example>
To: anna <anna@example.org>
Sent: Tue, Nov 3, 2026 12:30 pm
Subject: Re: The valve

Dear Anna,
please close the tap first.
""",
    "Comcast": f"""{ANSWER}

----- Original Message -----
From: "Fernhill Care" <care@fernhill.example>
To: anna@example.org
Sent: Tuesday, November 3, 2026 12:30:00 PM
Subject: Re: The valve

Dear Anna,
please close the tap first.
""",
    "Hotmail": f"""{ANSWER}

> Date: Tue, 3 Nov 2026 12:30:00 +0000
> From: care@fernhill.example
> To: anna@example.org
> Subject: Re: The valve
>
> Dear Anna,
> please close the tap first.
""",
    "Outlook 2003": f"""{ANSWER}

  _____

From: Fernhill Care [mailto:care@fernhill.example]
Sent: Tuesday, November 03, 2026 12:30 PM
To: anna@example.org
Subject: Re: The valve

Dear Anna,
please close the tap first.
""",
    "Outlook 2016": f"""{ANSWER}

From: Fernhill Care <care@fernhill.example>
Sent: Tuesday, 3 November 2026 12:30
To: Anna <anna@example.org>
Subject: Re: The valve

Dear Anna,
please close the tap first.
""",
    "Outlook on the web": f"""{ANSWER}
________________________________
From: Fernhill Care <care@fernhill.example>
Sent: Tuesday, November 3, 2026 12:30 PM
To: Anna <anna@example.org>
Subject: Re: The valve

Dear Anna,
please close the tap first.
""",
    "Outlook in German": f"""{ANSWER}

Von: Fernhill Care <care@fernhill.example>
Gesendet: Dienstag, 3. November 2026 12:30
An: Anna <anna@example.org>
Betreff: AW: The valve

Liebe Anna,
bitte zuerst den Hahn schließen.
""",
    "Outlook in French": f"""{ANSWER}

De : Fernhill Care <care@fernhill.example>
Envoyé : mardi 3 novembre 2026 12:30
À : Anna <anna@example.org>
Objet : RE: The valve

Chère Anna,
fermez d'abord le robinet.
""",
    "Sparrow": f"""{ANSWER}

--\x20
Anna
Sent with Sparrow


On Tuesday, November 3, 2026 at 12:30 PM, Fernhill Care wrote:

> Dear Anna,
> please close the tap first.
""",
    "Thunderbird": f"""{ANSWER}

On 03/11/2026 12:30, Fernhill Care wrote:
> Dear Anna,
> please close the tap first.
""",
    "Thunderbird in German": f"""{ANSWER}

Am 03.11.2026 um 12:30 schrieb Fernhill Care:
> Liebe Anna,
> bitte zuerst den Hahn schließen.
""",
    "Yahoo": f"""{ANSWER}

    On Tuesday, November 3, 2026 at 12:30:00 PM GMT, Fernhill Care <care@fernhill.example> wrote:

 Dear Anna,
please close the tap first.
""",
    "mail.ru": f"""{ANSWER}

Вторник, 3 ноября 2026, 12:30 +03:00 от Fernhill Care <care@fernhill.example>:

Dear Anna,
please close the tap first.
""",
    "K-9 in German": f"""{ANSWER}

Fernhill Care <care@fernhill.example> schrieb:
>Liebe Anna,
>bitte zuerst den Hahn schließen.
""",
    "with a list's footer below": f"""{ANSWER}

On Tue, Nov 3, 2026 at 12:30 PM Fernhill Care <care@fernhill.example> wrote:
> Dear Anna,
> please close the tap first.

--\x20
You get this because you wrote to us.
""",
}

INLINE = """Hello,

On Tue, Nov 3, 2026 at 12:30 PM Fernhill Care <care@fernhill.example> wrote:
> Which valve is it?
The brass one.
> And since when does it drip?
Since Monday.
> Kind regards
> Fernhill Care
"""

QUESTION_THEN_ANSWER = """> Which valve is it?

The brass one.
"""

BOTTOM_POST = """On Tue, Nov 3, 2026 at 12:30 PM Fernhill Care <care@fernhill.example> wrote:
> one
> two
> three
> four
> five
> six
> seven
> eight

The brass one.
"""

FORWARD = """Look what they wrote:

---------- Forwarded message ---------
From: Fernhill Care <care@fernhill.example>
Date: Tue, Nov 3, 2026 at 12:30 PM
Subject: Re: The valve
To: Anna <anna@example.org>

Please close the tap first.
"""

DELIVERY_NOTE = """Please change my order:

From: Leeds store
To: 4 Mill Lane
Note: ring twice

On Monday the driver wrote:
nobody was at home.
"""
