package web

import (
	"net/url"
	"strconv"

	"github.com/rejoin/rejoin/internal/session"
)

// Paths, as the router's patterns. Beside each POST stand its form fields.
const (
	PathHome         = "/"              // GET: JoinPage
	PathJoin         = "/join"          // GET: JoinPage; POST code: JoinPage (200 with Ready, 422 with Error)
	PathJoinDownload = "/join/download" // POST code: the agent's .exe, as an attachment named by the code
	PathLanguage     = "/language"      // POST lang, next: sets the cookie LanguageCookie

	PathSetup      = "/setup"            // GET: SetupPage; POST token, company, name, login, password, again
	PathSignIn     = "/sign-in"          // GET next: SignInPage; POST login, password, next
	PathSignInLink = "/sign-in/link"     // GET: LinkPage; POST token
	PathSignOut    = "/sign-out"         // POST
	PathPassword   = "/account/password" // GET: PasswordPage; POST current, password, again

	PathSessions       = "/console"                             // GET q: SessionsPage; POST customer, mode
	PathSessionsLive   = "/console/live"                        // GET q: stream of SessionsLive
	PathSessionNew     = "/console/new"                         // GET: SessionNewPage, for those without scripts
	PathSession        = "/console/sessions/{id}"               // GET: SessionPage
	PathSessionLive    = "/console/sessions/{id}/live"          // GET: stream of SessionLive
	PathSessionCode    = "/console/sessions/{id}/code"          // POST
	PathSessionChat    = "/console/sessions/{id}/chat"          // POST text
	PathSessionShare   = "/console/sessions/{id}/share"         // POST
	PathSessionUnshare = "/console/sessions/{id}/share/stop"    // POST
	PathSessionScreen  = "/console/sessions/{id}/screen"        // GET: a WebSocket with RFB, see ParamMonitor
	PathSessionControl = "/console/sessions/{id}/control"       // POST: ask for mouse and keyboard
	PathSessionYield   = "/console/sessions/{id}/control/yield" // POST: hand them over, or let go
	PathSessionKeep    = "/console/sessions/{id}/control/keep"  // POST: no to a colleague who asks
	PathSessionReboot  = "/console/sessions/{id}/reboot"        // GET: RebootPage; POST kind, message, reason, reason_text
	PathSessionCancel  = "/console/sessions/{id}/reboot/cancel" // POST reboot
	PathSessionExtend  = "/console/sessions/{id}/extend"        // POST minutes
	PathSessionRival   = "/console/sessions/{id}/rival"         // POST keep
	PathSessionEnd     = "/console/sessions/{id}/end"           // GET: EndPage; POST

	PathAdmin       = "/admin"                      // GET: 303 to PathPolicy
	PathPolicy      = "/admin/policy"               // GET saved: PolicyPage; POST revision and a field for each value
	PathUsers       = "/admin/users"                // GET: UsersPage; POST name, login, admin
	PathUserDisable = "/admin/users/{user}/disable" // POST
	PathUserEnable  = "/admin/users/{user}/enable"  // POST
	PathUserReset   = "/admin/users/{user}/reset"   // POST: UsersPage with Link
	PathSettings    = "/admin/settings"             // GET saved: SettingsPage; POST company
	PathAudit       = "/admin/audit"                // GET before: AuditPage

	PathDemo        = "/demo/pc"          // GET: DemoPage
	PathDemoLive    = "/demo/pc/live"     // GET: stream of DemoLive
	PathDemoPicture = "/demo/pc/picture"  // GET monitor, after: the monitor's picture once it is another version; 204 if it stays
	PathDemoDo      = "/demo/pc/{action}" // POST: see DemoAction
)

// LanguageCookie holds the viewer's choice of language.
const LanguageCookie = "lang"

// NonceHeader is sent with a request for a stream: the nonce of the page that shows it.
const NonceHeader = "X-Page-Nonce"

func sessionPath(id session.ID, rest string) string {
	return PathSessions + "/sessions/" + url.PathEscape(string(id)) + rest
}

// SessionURL is where a session's page is.
func SessionURL(id session.ID) string { return sessionPath(id, "") }

// RebootURL is where a session's reboot form is.
func RebootURL(id session.ID) string { return sessionPath(id, "/reboot") }

// EndURL is where a session's question before it ends is.
func EndURL(id session.ID) string { return sessionPath(id, "/end") }

func userPath(id, rest string) string { return PathUsers + "/" + url.PathEscape(id) + rest }

func demoPath(a DemoAction) string { return PathDemo + "/" + url.PathEscape(string(a)) }

// AuditURL is the page of audit lines before the one numbered before; 0 is the newest page.
func AuditURL(before int64) string {
	if before == 0 {
		return PathAudit
	}
	return PathAudit + "?before=" + strconv.FormatInt(before, 10)
}

// JoinLink is the link that a technician sends: the code stands in the fragment, which browsers keep to themselves.
// Base is the server's own origin, e.g. "https://help.example.org".
func JoinLink(base, code string) string { return base + PathJoin + "#" + code }

// SetupLink is the one-time link of the first start.
func SetupLink(base, token string) string { return base + PathSetup + "#" + token }

// SignInLink is a one-time link that signs a user in.
func SignInLink(base, token string) string { return base + PathSignInLink + "#" + token }
