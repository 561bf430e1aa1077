"""What emoji are called in German: the character, the name that is shown, and further words to find it by."""

from functools import cache

_GERMAN = """
😀 grinsen fröhlich lachen
😃 freude fröhlich lachen
😄 lachen fröhlich
😁 strahlen grinsen
😆 kichern lachen
😅 erleichtert schwitzen puh
😂 tränen_lachen lustig witzig
🤣 kringeln lachen lustig
🙂 lächeln nett
🙃 kopfüber ironie
😉 zwinkern scherz
😊 zufrieden froh lächeln
😇 heiligenschein engel unschuldig
🥰 verliebt herzen
😍 herzaugen verliebt toll
🤩 begeistert sterne toll wow
😘 kuss
😋 lecker
😛 zunge
😜 frech zunge
🤪 verrückt albern
🤨 skeptisch zweifel
🧐 monokel prüfen
🤓 streber brille
😎 sonnenbrille cool lässig
🥳 feiern party geburtstag
😏 süffisant
😒 genervt
😞 enttäuscht traurig
😔 nachdenklich traurig
😟 besorgt sorge
😕 verwirrt unsicher
🙁 traurig
😩 erschöpft müde
😫 müde erschöpft
🥺 bitte flehen
😢 weinen träne traurig
😭 heulen weinen
😤 schnauben trotz
😠 wütend ärger
😡 zorn wütend
🤬 fluchen schimpfen
🤯 umwerfend explodieren
😳 verlegen rot
😱 schrei angst
😨 angst
😰 kalter_schweiß
🤗 umarmung
🤔 nachdenken überlegen hm
🤫 pst leise
🤭 hups kichern
😐 neutral
😬 zähne_zeigen peinlich
🙄 augen_rollen
😴 schlafen müde
🤒 krank fieber
🤕 verletzt
🤧 niesen erkältung
🤖 roboter
👋 winken hallo tschüss
🤚 handrücken
✋ hand halt stopp
👌 okay gut perfekt
✌️ sieg frieden
🤞 daumen_drücken glück
🤘 rock
🤙 ruf_an
👈 links
👉 rechts
👆 oben
👇 unten
☝️ zeigefinger hinweis
👍 daumen_hoch gut ja zustimmung
👎 daumen_runter schlecht nein
✊ faust
👊 faustschlag
👏 klatschen applaus bravo
🙌 jubel hurra hände_hoch
👐 offene_hände
🤝 handschlag abgemacht einig
🙏 danke bitte beten
💪 stark kraft muskel
👀 augen schauen
🧠 gehirn denken
🙋 melden frage hand
🤷 schulterzucken keine_ahnung
🤦 stirn_klatschen
🙇 verbeugen entschuldigung
❤️ rotes_herz liebe
🧡 oranges_herz
💛 gelbes_herz
💚 grünes_herz
💙 blaues_herz
💜 lila_herz
🖤 schwarzes_herz
💔 gebrochenes_herz
💯 hundert perfekt
💥 knall
💡 idee glühbirne licht
🔥 feuer heiß
✨ funkeln glanz
⭐ stern
🌟 leuchtender_stern
🎉 konfetti feiern glückwunsch
🎊 konfettikugel feier
🎈 luftballon
🎁 geschenk
🏆 pokal gewinn
🥇 goldmedaille erster
🎯 volltreffer ziel
🚀 rakete start los
✅ häkchen erledigt fertig ja
☑️ angekreuzt erledigt
❌ kreuz falsch nein
❓ fragezeichen frage
❗ ausrufezeichen wichtig
⚠️ warnung achtung
🛑 stopp halt
🚧 baustelle
⏰ wecker zeit
⏳ sanduhr warten
⌛ sanduhr_abgelaufen
📅 kalender termin
📌 anheften nadel
📎 büroklammer anhang
📝 notiz schreiben
📣 megafon ansage
📢 lautsprecher ansage
📞 telefon anruf
📱 handy telefon
💻 laptop rechner
🖨️ drucker
📧 e-mail mail post
✉️ brief umschlag
📦 paket lieferung
📈 steigend wachstum
📉 fallend
📊 diagramm zahlen
🔍 lupe suchen
🔒 schloss gesperrt
🔓 offen entsperrt
🔑 schlüssel
🔧 schraubenschlüssel reparieren werkzeug
🔨 hammer werkzeug
🛠️ werkzeug reparieren
⚙️ zahnrad einstellung
🪛 schraubendreher werkzeug
🪚 säge
🧰 werkzeugkasten
🪜 leiter
🪣 eimer
🧹 besen putzen
🔩 schraube mutter
🔌 stecker strom
🔋 batterie akku
🚿 dusche
🛒 einkaufswagen kaufen
💰 geld
💶 euro geld
🧾 beleg rechnung
🏠 haus zuhause
🏢 büro gebäude
🏪 laden geschäft
🏭 fabrik
🚚 lieferwagen lkw lieferung
🚗 auto
🚌 bus
🚆 zug bahn
🚲 fahrrad
✈️ flugzeug
🚢 schiff
🏖️ strand urlaub
🌍 erde welt
☀️ sonne wetter
🌧️ regen
❄️ schnee kalt
🌱 keimling pflanze
🌳 baum
🌹 rose blume
🌻 sonnenblume
🐶 hund
🐱 katze
🐛 raupe fehler käfer
☕ kaffee tee pause
🍺 bier
🍻 prost bier
🥂 anstoßen sekt prost
🍷 wein
🍰 kuchen torte
🍕 pizza
🍎 apfel
🍞 brot
🇩🇪 deutschland
🇬🇧 großbritannien england
🇮🇪 irland
🇧🇪 belgien
🇪🇺 europa
"""


@cache
def german() -> dict[str, tuple[str, ...]]:
    """Return the names of emoji in German, the shown one first."""
    lines = (line.split() for line in _GERMAN.strip().split("\n"))
    return {character: tuple(words) for character, *words in lines}
