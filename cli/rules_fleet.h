
/*
 * Copyright (C) the moderate authors
 *
 * Rule sets for a fleet: what the files about them share.
 */


#ifndef RULES_FLEET_H_INCLUDED
#define RULES_FLEET_H_INCLUDED


#include "moderatectl.h"


/*
 * Puts "paths" and "files" of these paths into body.  Hidden files and those
 * ending in "~", ".md" and ".json" are left out.  Returns an exit code, after
 * a message unless it is MODERATECTL_OK.
 */
int moderatectl_bundle(const moderatectl_paths_t *paths, json_t *body);


#endif /* RULES_FLEET_H_INCLUDED */
