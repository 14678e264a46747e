
/*
 * Copyright (C) the moderate authors
 *
 * Texts that are spelled with joiners, and the same without.
 */


#ifndef JOINER_CASE_H_INCLUDED
#define JOINER_CASE_H_INCLUDED


#define ZWNJ         "\u200c"
#define ZWJ          "\u200d"

#define WANT         "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
#define WANT_PLAIN   "\u0645\u06cc\u062e\u0648\u0627\u0647\u0645"
#define WANT_LAST    "\u062e\u0648\u0627\u0647\u0645"

#define KSSA_NJ      "\u0915\u094d\u200c\u0937"
#define KSSA_J       "\u0915\u094d\u200d\u0937"
#define KSSA         "\u0915\u094d\u0937"

#define FAMILY       "\U0001f468\u200d\U0001f469\u200d\U0001f467"
#define FAMILY_PLAIN "\U0001f468\U0001f469\U0001f467"


#endif /* JOINER_CASE_H_INCLUDED */
