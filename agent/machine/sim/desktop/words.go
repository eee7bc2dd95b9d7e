package desktop

import "golang.org/x/text/language"

// words are what the simulated Windows says, in the user's language.
type words struct {
	editor, reader, photos             string // programs, on icons and in titles
	notes, manual, garden              string // their files
	row, page                          string // formats of status bars
	restarting, keepOn                 string
	blocking, blockingNote             string
	starting, signIn, welcome          string
	permission, permissionApp, yes, no string
	date                               string // layout of the clock's second line
	paragraphs                         []string
	section                            string // format
}

var languages = language.NewMatcher([]language.Tag{language.English, language.French, language.German})

// wordsFor are those of a locale; English where there are none.
func wordsFor(locale string) *words {
	_, i, confidence := languages.Match(language.Make(locale))
	if confidence == language.No {
		i = 0
	}
	return [...]*words{&english, &french, &german}[i]
}

var english = words{
	editor: "Editor", reader: "Reader", photos: "Photos",
	notes: "Notes.txt", manual: "Printer manual", garden: "Garden.jpg",
	row: "Line %d, column %d", page: "%d %%",
	restarting: "Restarting", keepOn: "Please keep your PC on",
	blocking: "This app is preventing you from restarting", blockingNote: "Save your work first. Windows waits, then gives up.",
	starting: "Starting Windows", signIn: "Sign in", welcome: "Welcome",
	permission: "Do you want to allow this app to make changes to your device?", permissionApp: "Printer driver setup", yes: "Yes", no: "No",
	date:    "02/01/2006",
	section: "Section %d",
	paragraphs: []string{
		"Put the printer on a level table, with a hand’s width of air on each side. Its fan is quiet, but it must be able to breathe. Direct sun makes the paper curl, and curled paper makes the printer stop.",
		"Open the front flap and pull out the tape that held the drum during transport. There are three strips. Whoever forgets the third one hears a grinding noise; nothing is broken, the strip only has to go.",
		"The paper goes into the tray with the side to be printed on facing down. Do not fill it above the line. Damp paper prints grey; leave it in the room for a day before you use it.",
		"Connect the cable only when the program asks for it. If you were faster than the program, pull the cable out, count to ten and plug it in again. Windows then starts from the beginning.",
		"When the lamp blinks twice, the printer waits for paper. Three times means that a flap is open. If it blinks in any other rhythm, note the rhythm and call the person who looks after your PC.",
		"A new driver is complete only after a restart. Save what you have open first. The restart takes about two minutes, and the first page after it takes a little longer than usual.",
	},
}

var french = words{
	editor: "Éditeur", reader: "Lecteur", photos: "Photos",
	notes: "Notes.txt", manual: "Manuel de l’imprimante", garden: "Jardin.jpg",
	row: "Ligne %d, colonne %d", page: "%d %%",
	restarting: "Redémarrage", keepOn: "Ne mettez pas votre PC hors tension",
	blocking: "Cette application empêche le redémarrage", blockingNote: "Enregistrez d’abord votre travail. Windows attend, puis renonce.",
	starting: "Démarrage de Windows", signIn: "Ouvrir la session", welcome: "Bienvenue",
	permission: "Voulez-vous autoriser cette application à modifier votre appareil ?", permissionApp: "Installation du pilote d’imprimante", yes: "Oui", no: "Non",
	date:    "02/01/2006",
	section: "Chapitre %d",
	paragraphs: []string{
		"Posez l’imprimante sur une table bien plane, avec une main de vide de chaque côté. Son ventilateur est discret, mais il doit respirer. Le soleil fait gondoler le papier, et le papier gondolé arrête l’imprimante.",
		"Ouvrez le volet avant et retirez les bandes qui tenaient le tambour pendant le transport. Il y en a trois. Qui oublie la troisième entend un grincement ; rien n’est cassé, il suffit d’ôter la bande.",
		"Le papier se place dans le bac, face à imprimer vers le bas. Ne dépassez pas le trait. Un papier humide s’imprime gris ; laissez-le un jour dans la pièce avant de vous en servir.",
		"Ne branchez le câble que lorsque le programme le demande. Si vous avez été plus rapide que lui, débranchez, comptez jusqu’à dix et rebranchez. Windows recommence alors depuis le début.",
		"Quand le voyant clignote deux fois, il manque du papier. Trois fois : un volet est ouvert. À tout autre rythme, notez-le et appelez la personne qui s’occupe de votre PC.",
		"Un nouveau pilote n’est complet qu’après un redémarrage. Enregistrez d’abord ce qui est ouvert. Cela prend environ deux minutes, et la première page se fait attendre un peu plus que d’habitude.",
	},
}

var german = words{
	editor: "Editor", reader: "Leser", photos: "Fotos",
	notes: "Notizen.txt", manual: "Handbuch des Druckers", garden: "Garten.jpg",
	row: "Zeile %d, Spalte %d", page: "%d %%",
	restarting: "Wird neu gestartet", keepOn: "Lassen Sie den PC eingeschaltet",
	blocking: "Diese App verhindert den Neustart", blockingNote: "Speichern Sie zuerst Ihre Arbeit. Windows wartet und gibt dann auf.",
	starting: "Windows wird gestartet", signIn: "Anmelden", welcome: "Willkommen",
	permission: "Möchten Sie zulassen, dass durch diese App Änderungen an Ihrem Gerät vorgenommen werden?", permissionApp: "Einrichtung des Druckertreibers", yes: "Ja", no: "Nein",
	date:    "02.01.2006",
	section: "Kapitel %d",
	paragraphs: []string{
		"Stellen Sie den Drucker auf einen ebenen Tisch und lassen Sie ringsum eine Handbreit Luft. Sein Lüfter ist leise, aber er muss atmen können. In der Sonne wellt sich das Papier, und gewelltes Papier hält den Drucker auf.",
		"Öffnen Sie die vordere Klappe und ziehen Sie die Klebestreifen heraus, die die Trommel beim Transport hielten. Es sind drei. Wer den dritten vergisst, hört ein Mahlen; kaputt ist nichts, der Streifen muss nur heraus.",
		"Das Papier liegt mit der zu bedruckenden Seite nach unten im Fach. Füllen Sie es nicht über die Marke. Feuchtes Papier wird grau bedruckt; lassen Sie es vorher einen Tag im Zimmer liegen.",
		"Stecken Sie das Kabel erst an, wenn das Programm danach fragt. Waren Sie schneller, ziehen Sie es ab, zählen Sie bis zehn und stecken Sie es wieder an. Windows beginnt dann von vorn.",
		"Blinkt die Lampe zweimal, fehlt Papier. Dreimal heißt, dass eine Klappe offen ist. Bei jedem anderen Takt notieren Sie ihn und rufen Sie an, wer sich um Ihren PC kümmert.",
		"Ein neuer Treiber ist erst nach einem Neustart vollständig. Speichern Sie vorher, was offen ist. Der Neustart dauert etwa zwei Minuten, und die erste Seite danach etwas länger als sonst.",
	},
}
