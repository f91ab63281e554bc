// SPDX-License-Identifier: GPL-3.0-or-later
//
// SHA-256 by OpenSSL. What can fail there is memory and a library without SHA-256, and neither is
// input.

#include "edge/digest.h"

#include <openssl/evp.h>

void digest_sha256(const struct str *pieces, size_t count, unsigned char ret[DIGEST_BYTES])
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    require(digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL));
    for (size_t i = 0; i < count; i++)
        require(EVP_DigestUpdate(digest, pieces[i].data, pieces[i].len));
    require(EVP_DigestFinal_ex(digest, ret, NULL));
    EVP_MD_CTX_free(digest);
}

void digest_hmac_sha256(struct str key, const struct str *pieces, size_t count,
                        unsigned char ret[DIGEST_BYTES])
{
    size_t len = DIGEST_BYTES;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_PKEY *owner =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, (const unsigned char *)key.data, key.len);
    require(digest && owner && EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, owner));
    for (size_t i = 0; i < count; i++)
        require(EVP_DigestSignUpdate(digest, pieces[i].data, pieces[i].len));
    require(EVP_DigestSignFinal(digest, ret, &len) && len == DIGEST_BYTES);
    EVP_PKEY_free(owner);
    EVP_MD_CTX_free(digest);
}
