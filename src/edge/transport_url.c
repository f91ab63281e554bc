// SPDX-License-Identifier: GPL-3.0-or-later
//
// URLs taken apart and put together, by the rules of the library that will use them.

#include "edge/transport.h"

#include <curl/curl.h>
#include <string.h>

// The part as a copy; NULL when the URL has none.
static const char *part(struct arena *arena, CURLU *url, CURLUPart which, unsigned flags)
{
    char *text = NULL;
    if (curl_url_get(url, which, &text, flags) != CURLUE_OK)
        return NULL;
    const char *copy = arena_strdup(arena, text);
    curl_free(text);
    return copy;
}

static bool check(struct arena *arena, CURLU *url, CURLUcode code, const char *text,
                  struct err *err)
{
    if (code != CURLUE_OK)
        return err_set(err, ERR_INVALID, "%s is no URL: %s", text, curl_url_strerror(code));
    const char *scheme = part(arena, url, CURLUPART_SCHEME, 0);
    if (!scheme || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
        return err_set(err, ERR_INVALID, "%s: only http and https are fetched", text);
    return true;
}

bool transport_url_join(struct arena *arena, const char *base, const char *reference,
                        const char **ret, struct err *err)
{
    CURLU *url = curl_url();
    require(url != NULL);
    CURLUcode code = curl_url_set(url, CURLUPART_URL, base, 0);
    if (code == CURLUE_OK)
        code =
            curl_url_set(url, CURLUPART_URL, reference, CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE);
    bool is_good = check(arena, url, code, reference, err);
    if (is_good) {
        curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
        curl_url_set(url, CURLUPART_USER, NULL, 0);
        curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
        *ret = part(arena, url, CURLUPART_URL, 0);
    }
    curl_url_cleanup(url);
    return is_good;
}

bool transport_url_split(struct arena *arena, const char *text, const char **ret_plain,
                         const char **ret_origin, const char **ret_user, const char **ret_password,
                         struct err *err)
{
    CURLU *url = curl_url();
    require(url != NULL);
    bool is_good = check(arena, url, curl_url_set(url, CURLUPART_URL, text, 0), "this", err);
    if (is_good) {
        *ret_user = part(arena, url, CURLUPART_USER, CURLU_URLDECODE);
        *ret_password = part(arena, url, CURLUPART_PASSWORD, CURLU_URLDECODE);
        curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
        curl_url_set(url, CURLUPART_USER, NULL, 0);
        curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
        *ret_plain = part(arena, url, CURLUPART_URL, 0);
        curl_url_set(url, CURLUPART_PATH, NULL, 0);
        curl_url_set(url, CURLUPART_QUERY, NULL, 0);
        const char *origin = part(arena, url, CURLUPART_URL, 0); // ends with "/"
        *ret_origin = arena_copy(arena, (struct str){origin, strlen(origin) - 1}).data;
    }
    curl_url_cleanup(url);
    return is_good;
}
