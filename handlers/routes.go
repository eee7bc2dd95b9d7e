package handlers

import (
	"net/http"

	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/web"
)

// access is who may use a route.
type access string

const (
	anyone     access = "anyone"     // no sign-in is looked at
	visitors   access = "visitors"   // anyone; who is signed in is known
	technician access = "technician" // technicians and admins
	admin      access = "admin"
	agents     access = "agents"  // programs on customers' PCs: proved inside the connection; browsers are refused
	scraper    access = "scraper" // whoever has the metrics token
)

// action answers a request, or says why not. After it has written anything it returns nil.
type action func(w http.ResponseWriter, r *http.Request) error

// route is one line of the table.
type route struct {
	method, pattern string
	access          access
	action          action
}

// Paths that are no pages; the others are web's.
const (
	pathAgentLink   = wire.Path
	pathAgentScreen = wire.ScreenPath
	pathHealthz     = "/healthz"
	pathReadyz      = "/readyz"
	pathMetrics     = "/metrics"
	pathStatic      = "/static/{file}"
	pathSignIn      = web.PathSignIn
	pathUsers       = web.PathUsers
)

// routes is every address there is and who may use it. A test holds it against testdata/routes.golden.
func (s *Site) routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	table := []route{
		{get, pathHealthz, anyone, s.healthz},
		{get, pathReadyz, anyone, s.readyz},
		{get, pathMetrics, scraper, s.serveMetrics},
		{get, pathStatic, anyone, s.serveStatic},
		{get, pathAgentLink, agents, s.agentLink},
		{get, pathAgentScreen, agents, s.agentScreen},

		{get, web.PathHome, visitors, s.joinPage},
		{get, web.PathJoin, visitors, s.joinPage},
		{post, web.PathJoin, visitors, s.join},
		{post, web.PathJoinDownload, visitors, s.download},
		{post, web.PathLanguage, visitors, s.chooseLanguage},

		{get, web.PathSetup, visitors, s.setupPage},
		{post, web.PathSetup, visitors, s.setup},
		{get, web.PathSignIn, visitors, s.signInPage},
		{post, web.PathSignIn, visitors, s.signIn},
		{get, web.PathSignInLink, visitors, s.linkPage},
		{post, web.PathSignInLink, visitors, s.link},
		{post, web.PathSignOut, visitors, s.signOut},
		{get, web.PathPassword, technician, s.passwordPage},
		{post, web.PathPassword, technician, s.changePassword},

		{get, web.PathSessions, technician, s.sessionsPage},
		{post, web.PathSessions, technician, s.createSession},
		{get, web.PathSessionsLive, technician, s.sessionsLive},
		{get, web.PathSessionNew, technician, s.sessionNewPage},
		{get, web.PathSession, technician, s.sessionPage},
		{get, web.PathSessionLive, technician, s.sessionLive},
		{post, web.PathSessionCode, technician, s.newCode},
		{post, web.PathSessionChat, technician, s.sendChat},
		{post, web.PathSessionShare, technician, s.askShare},
		{post, web.PathSessionUnshare, technician, s.stopShare},
		{get, web.PathSessionScreen, technician, s.screen},
		{post, web.PathSessionControl, technician, s.askControl},
		{post, web.PathSessionYield, technician, s.yieldControl},
		{post, web.PathSessionKeep, technician, s.keepControl},
		{get, web.PathSessionReboot, technician, s.rebootPage},
		{post, web.PathSessionReboot, technician, s.requestReboot},
		{post, web.PathSessionCancel, technician, s.cancelReboot},
		{post, web.PathSessionExtend, technician, s.extendWindow},
		{post, web.PathSessionRival, technician, s.chooseRival},
		{get, web.PathSessionEnd, technician, s.endPage},
		{post, web.PathSessionEnd, technician, s.endSession},

		{get, web.PathAdmin, admin, s.adminHome},
		{get, web.PathPolicy, admin, s.policyPage},
		{post, web.PathPolicy, admin, s.savePolicy},
		{get, web.PathUsers, admin, s.usersPage},
		{post, web.PathUsers, admin, s.createUser},
		{post, web.PathUserDisable, admin, s.disableUser},
		{post, web.PathUserEnable, admin, s.enableUser},
		{post, web.PathUserReset, admin, s.resetUser},
		{get, web.PathSettings, admin, s.settingsPage},
		{post, web.PathSettings, admin, s.saveSettings},
		{get, web.PathAudit, admin, s.auditPage},
	}
	if s.Demo != nil {
		table = append(table,
			route{get, web.PathDemo, technician, s.demoPage},
			route{get, web.PathDemoLive, technician, s.demoLive},
			route{get, web.PathDemoPicture, technician, s.demoPicture},
			route{post, web.PathDemoDo, technician, s.demoDo},
		)
	}
	return table
}
