package main

import (
	"time"

	"github.com/rejoin/rejoin/agent/machine"
)

// sample is one language's words.
type sample struct {
	chat    machine.View
	banner  machine.Banner
	windows []machine.Window
	prompts map[string]machine.Prompt
	code    machine.CodeForm
	notice  machine.Notice
}

func at(h, m int) time.Time { return time.Date(2026, 11, 23, h, m, 0, 0, time.Local) }

var samples = map[string]sample{
	"en": {
		chat: machine.View{
			Title: "Nordlicht IT – Jonas Weber", Status: "Connected", Tone: "ok", Sharing: "Jonas sees and controls your screen",
			StopShare: "Stop sharing", Input: "Write to Jonas", CanSend: true, Send: "Send", End: "End session",
			Lines: []machine.Line{
				{From: "Jonas", Text: "I see it. The driver wants a restart, twice perhaps.", At: at(13, 43)},
				{From: "You", Text: "It still says “driver is unavailable”.", At: at(14, 1)},
				{Text: "Your PC was restarted.", At: at(14, 1), Note: true},
				{From: "Jonas", Text: "I ask for one more restart. Please save Rechnung.docx first.", At: at(14, 2)},
			},
			EndAsk: machine.Prompt{Title: "Nordlicht IT", Heading: "End the session with Jonas Weber?",
				Body: "Jonas can no longer see your PC or write to you. To go on you need a new code.", Yes: "End session", No: "Go on"},
		},
		banner: machine.Banner{
			Text: "Jonas Weber sees your screen and uses mouse and keyboard", Tone: "live",
			Buttons: []machine.BannerButton{
				{Label: "Stop control", Action: machine.ActionStopControl}, {Label: "Pause", Action: machine.ActionPause},
				{Label: "Stop", Action: machine.ActionStopShare},
			},
			Hide: "Hide …", HideAsk: "Which windows shall Jonas not see?", Hidden: []string{"b"},
		},
		windows: []machine.Window{
			{ID: "a", Title: "Invoice 2026-114.xlsx – Excel", App: "EXCEL.EXE"}, {ID: "b", Title: "My Bank – Sign in", App: "firefox.exe"},
			{ID: "c", Title: "Inbox (3)", App: "OUTLOOK.EXE"},
		},
		prompts: map[string]machine.Prompt{
			"reboot": {Title: "Nordlicht IT", Heading: "Jonas Weber asks to restart your PC",
				Quote:  "“I will restart your PC to finish the printer driver. Please save Rechnung.docx first.”",
				Body:   "Save what you are working on. After the restart sign in to Windows as always.",
				AtZero: "Without an answer nothing is restarted.",
				Yes:    "Yes, restart", No: "No", For: time.Minute},
			"return": {Title: "Nordlicht IT", Heading: "Welcome back. Reconnecting to Jonas Weber",
				Body: "Jonas can chat with you. He sees nothing until you say Yes.", AtZero: "If you cancel, the session ends.",
				Yes: "Reconnect now", No: "Cancel", For: 20 * time.Second},
			"share": {Title: "Nordlicht IT", Heading: "Show your screen to Jonas Weber again?",
				Body:   "Jonas sees your whole screen and uses mouse and keyboard with you, as before the restart.",
				AtZero: "Without an answer the session goes on in the chat only.", Yes: "Yes, show it", No: "No, chat only", For: time.Minute},
		},
		code: machine.CodeForm{Title: "Rejoin", Heading: "Enter your code", Body: "You get the code from the person who helps you.",
			CodeLabel: "Code, ten digits", ServerLabel: "Address of the support page", OK: "Connect", Cancel: "Cancel"},
		notice: machine.Notice{Title: "Nordlicht IT", Heading: "The session has ended",
			Body: "Your PC was not back within 10 minutes. To go on, ask for help again: you get a new code.", OK: "Close"},
	},
	"fr": {
		chat: machine.View{
			Title: "Nordlicht IT – Jonas Weber", Status: "Connecté", Tone: "ok", Sharing: "Jonas voit et contrôle votre écran",
			StopShare: "Arrêter le partage", Input: "Écrire à Jonas", CanSend: true, Send: "Envoyer", End: "Terminer la session",
			Lines: []machine.Line{
				{From: "Jonas", Text: "Je vois. Le pilote demande un redémarrage, peut-être deux.", At: at(13, 43)},
				{From: "Vous", Text: "Il affiche toujours « pilote non disponible ».", At: at(14, 1)},
				{Text: "Votre PC a redémarré.", At: at(14, 1), Note: true},
				{From: "Jonas", Text: "Je demande encore un redémarrage. Enregistrez d’abord Rechnung.docx.", At: at(14, 2)},
			},
			EndAsk: machine.Prompt{Title: "Nordlicht IT", Heading: "Terminer la session avec Jonas Weber ?",
				Body: "Jonas ne pourra plus voir votre PC ni vous écrire. Pour continuer, il vous faudra un nouveau code.", Yes: "Terminer", No: "Continuer"},
		},
		banner: machine.Banner{
			Text: "Jonas Weber voit votre écran et utilise la souris et le clavier", Tone: "live",
			Buttons: []machine.BannerButton{
				{Label: "Reprendre la main", Action: machine.ActionStopControl}, {Label: "Pause", Action: machine.ActionPause},
				{Label: "Arrêter", Action: machine.ActionStopShare},
			},
			Hide: "Masquer …", HideAsk: "Quelles fenêtres Jonas ne doit-il pas voir ?", Hidden: []string{"b"},
		},
		windows: []machine.Window{
			{ID: "a", Title: "Facture 2026-114.xlsx – Excel", App: "EXCEL.EXE"}, {ID: "b", Title: "Ma banque – Connexion", App: "firefox.exe"},
			{ID: "c", Title: "Boîte de réception (3)", App: "OUTLOOK.EXE"},
		},
		prompts: map[string]machine.Prompt{
			"reboot": {Title: "Nordlicht IT", Heading: "Jonas Weber demande à redémarrer votre PC",
				Quote:  "« Je redémarre votre PC pour terminer le pilote. Enregistrez d’abord Rechnung.docx. »",
				Body:   "Enregistrez votre travail. Après le redémarrage, ouvrez votre session Windows comme d’habitude.",
				AtZero: "Sans réponse, rien ne redémarre.", Yes: "Oui, redémarrer", No: "Non", For: time.Minute},
			"return": {Title: "Nordlicht IT", Heading: "Bienvenue. Reconnexion à Jonas Weber",
				Body: "Jonas peut vous écrire. Il ne voit rien tant que vous n’avez pas dit oui.", AtZero: "Si vous annulez, la session se termine.",
				Yes: "Se reconnecter", No: "Annuler", For: 20 * time.Second},
			"share": {Title: "Nordlicht IT", Heading: "Montrer de nouveau votre écran à Jonas Weber ?",
				Body:   "Jonas voit tout votre écran et utilise la souris et le clavier avec vous, comme avant le redémarrage.",
				AtZero: "Sans réponse, la session continue par écrit seulement.", Yes: "Oui, montrer", No: "Non, écrire seulement", For: time.Minute},
		},
		code: machine.CodeForm{Title: "Rejoin", Heading: "Saisissez votre code", Body: "La personne qui vous aide vous donne le code.",
			CodeLabel: "Code à dix chiffres", ServerLabel: "Adresse de la page d’assistance", OK: "Se connecter", Cancel: "Annuler"},
		notice: machine.Notice{Title: "Nordlicht IT", Heading: "La session est terminée",
			Body: "Votre PC n’est pas revenu en 10 minutes. Pour continuer, demandez de nouveau de l’aide : vous recevrez un nouveau code.", OK: "Fermer"},
	},
}
