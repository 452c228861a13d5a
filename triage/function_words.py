"""Function words: words of four languages that say nothing of what a ticket is about, such as articles and pronouns.

Words that can tell one kind of ticket from another are left out, such as *not*, *off*, *down* and *nicht*.
"""

from __future__ import annotations

_ENGLISH = """
a about after again all also am an and any are as at be because been before being both but by can could did do does
each every few for from get gets got had has have having he her here him his how i if in into is it its just me more
most my of on only or other our please she should since so some such than that the their them then there these they
this those to too under us very was we were what when where which while who why will with would you your
"""
_GERMAN = """
aber alle als also am an auch auf aus bei bin bis bitte da damit das dass dem den der des die dies diese dieser dieses
doch du durch ein eine einem einen einer eines er es etwas für habe haben hat hatte ich ihm ihn ihr ihre im in ist ja
jede jeden jeder jedes jetzt kann man mein meine meinem meinen meiner mich mir mit nach noch nun nur ob oder schon sehr
sein seine seit sich sie sind so um und uns unser unsere unter vom von vor war waren was wenn wer werden wie wieder wir
wird wo zu zum zur über
"""
_FRENCH = """
ai alors après au aussi aux avec avoir avons car ce ceci cela ces cet cette chez comme dans de depuis des donc du elle
en est et eu il ils je la le les leur leurs lui ma mais me mes moi mon nos notre nous on ont ou où par pour qu que qui
sa ses si son sont sur ta très tu un une vos votre vous à été être
"""
_SPANISH = """
al algo ante como con cuando de del desde donde el ella ellos en era es esa ese eso esta este esto estoy está están ha
han hay he la las le les lo los me mi mis muy nos nuestra nuestro o para pero por porque que qué se si sin sobre son su
sus también te tengo tiene tu un una uno y ya yo
"""
FUNCTION_WORDS = frozenset(" ".join((_ENGLISH, _GERMAN, _FRENCH, _SPANISH)).split())
