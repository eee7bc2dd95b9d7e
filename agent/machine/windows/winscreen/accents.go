package winscreen

import "unicode/utf8"

// accent is a dead key: its keysym, the accent on its own, and pairs of letters without and with it.
type accent struct {
	keysym  uint32
	alone   rune
	letters string
}

var accents = [...]accent{
	{0xfe50, '`', "AÀEÈIÌNǸOÒUÙWẀYỲaàeèiìnǹoòuùwẁyỳαὰεὲηὴιὶοὸυὺωὼΑᾺΕῈΗῊΙῚΟῸΥῪΩῺ"},
	{0xfe51, '´', "AÁCĆEÉGǴIÍKḰLĹMḾNŃOÓPṔRŔSŚUÚWẂYÝZŹaácćeégǵiíkḱlĺmḿnńoópṕrŕsśuúwẃyýzźαάεέηήιίοόυύωώΑΆΕΈΗΉΙΊΟΌΥΎΩΏ"},
	{0xfe52, '^', "AÂCĈEÊGĜHĤIÎJĴOÔSŜUÛWŴYŶZẐaâcĉeêgĝhĥiîjĵoôsŝuûwŵyŷzẑ"},
	{0xfe53, '~', "AÃEẼIĨNÑOÕUŨVṼYỸaãeẽiĩnñoõuũvṽyỹ"},
	{0xfe54, '¯', "AĀEĒGḠIĪOŌUŪYȲaāeēgḡiīoōuūyȳαᾱιῑυῡΑᾹΙῙΥῩ"},
	{0xfe55, '˘', "AĂEĔGĞIĬOŎUŬaăeĕgğiĭoŏuŭαᾰιῐυῠΑᾸΙῘΥῨ"},
	{0xfe56, '˙', "AȦBḂCĊDḊEĖFḞGĠHḢIİMṀNṄOȮPṖRṘSṠTṪWẆXẊYẎZŻaȧbḃcċdḋeėfḟgġhḣmṁnṅoȯpṗrṙsṡtṫwẇxẋyẏzż"},
	{0xfe57, '¨', "AÄEËHḦIÏOÖUÜWẄXẌYŸaäeëhḧiïoötẗuüwẅxẍyÿιϊυϋΙΪΥΫ"},
	{0xfe58, '°', "AÅUŮaåuůwẘyẙ"},
	{0xfe59, '˝', "OŐUŰoőuű"},
	{0xfe5a, 'ˇ', "AǍCČDĎEĚGǦHȞIǏKǨLĽNŇOǑRŘSŠTŤUǓZŽaǎcčdďeěgǧhȟiǐjǰkǩlľnňoǒrřsštťuǔzž"},
	{0xfe5b, '¸', "CÇDḐEȨGĢHḨKĶLĻNŅRŖSŞTŢcçdḑeȩgģhḩkķlļnņrŗsştţ"},
	{0xfe5c, '˛', "AĄEĘIĮOǪUŲaąeęiįoǫuų"},
}

// deadAccent is the accent that a dead key stands for.
func deadAccent(keysym uint32) (rune, bool) {
	for _, a := range accents {
		if a.keysym == keysym {
			return a.alone, true
		}
	}
	return 0, false
}

// accented is what a dead key and a character after it type: the letter with its accent, the accent alone before a space,
// and both one after the other where there is no such letter.
func accented(alone, r rune) []rune {
	if r == ' ' || r == alone {
		return []rune{alone}
	}
	for _, a := range accents {
		if a.alone != alone {
			continue
		}
		for s := a.letters; s != ""; {
			plain, n := utf8.DecodeRuneInString(s)
			with, m := utf8.DecodeRuneInString(s[n:])
			if plain == r {
				return []rune{with}
			}
			s = s[n+m:]
		}
	}
	return []rune{alone, r}
}
