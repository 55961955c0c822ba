// Makes OpenSSL 3 visible to Swift, and turns the macros that we use into functions.
#pragma once
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Options whose macros Swift cannot read

static const uint64_t GH_OP_NO_RENEGOTIATION = SSL_OP_NO_RENEGOTIATION;
static const uint64_t GH_OP_NO_COMPRESSION = SSL_OP_NO_COMPRESSION;
static const uint64_t GH_OP_SERVER_PREFERENCE = SSL_OP_CIPHER_SERVER_PREFERENCE;
static const uint64_t GH_OP_NO_TICKET = SSL_OP_NO_TICKET;
static const uint64_t GH_OP_NO_ANTI_REPLAY = SSL_OP_NO_ANTI_REPLAY;
static const unsigned long GH_NAME_RFC2253 = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
static const int GH_SELECT_KEYPAIR = EVP_PKEY_KEYPAIR;
static const int GH_SELECT_PUBLIC_KEY = EVP_PKEY_PUBLIC_KEY;

// Contexts

static inline long gh_SSL_CTX_set_mode(SSL_CTX *context, long mode) { return SSL_CTX_set_mode(context, mode); }
static inline long gh_SSL_CTX_set_read_ahead(SSL_CTX *context, int on) { return SSL_CTX_set_read_ahead(context, on); }
static inline int gh_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version)
{
    return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline int gh_SSL_CTX_set_max_proto_version(SSL_CTX *context, int version)
{
    return (int)SSL_CTX_set_max_proto_version(context, version);
}
static inline int gh_SSL_CTX_set1_groups_list(SSL_CTX *context, const char *list)
{
    return (int)SSL_CTX_set1_groups_list(context, list);
}
static inline int gh_SSL_CTX_set1_sigalgs_list(SSL_CTX *context, const char *list)
{
    return (int)SSL_CTX_set1_sigalgs_list(context, list);
}
static inline long gh_SSL_CTX_set_session_cache_mode(SSL_CTX *context, long mode)
{
    return SSL_CTX_set_session_cache_mode(context, mode);
}
static inline void gh_SSL_CTX_set_status_callback(SSL_CTX *context, int (*callback)(SSL *, void *))
{
    SSL_CTX_set_tlsext_status_cb(context, callback);
}
static inline int gh_SSL_CTX_add0_chain_cert(SSL_CTX *context, X509 *certificate)
{
    return (int)SSL_CTX_add0_chain_cert(context, certificate);
}
static inline void gh_SSL_CTX_set_app_data(SSL_CTX *context, void *data) { SSL_CTX_set_app_data(context, data); }
static inline void *gh_SSL_CTX_get_app_data(const SSL_CTX *context) { return SSL_CTX_get_app_data(context); }

// Sessions

static inline int gh_SSL_set_host_name(SSL *ssl, const char *name) { return (int)SSL_set_tlsext_host_name(ssl, name); }
static inline long gh_SSL_set_status_response(SSL *ssl, unsigned char *bytes, long count)
{
    return SSL_set_tlsext_status_ocsp_resp(ssl, bytes, count);
}
static inline int gh_SSL_get_own_key(SSL *ssl, EVP_PKEY **key) { return (int)SSL_get_tmp_key(ssl, key); }
static inline int gh_SSL_get_peer_key(SSL *ssl, EVP_PKEY **key) { return (int)SSL_get_peer_tmp_key(ssl, key); }
static inline int gh_SSL_error_reason(unsigned long error) { return ERR_GET_REASON(error); }
static inline int gh_SSL_error_library(unsigned long error) { return ERR_GET_LIB(error); }

// Descriptors: what our own BIO method says to its caller

static inline void gh_BIO_clear_retry_flags(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline void gh_BIO_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void gh_BIO_set_retry_write(BIO *bio) { BIO_set_retry_write(bio); }
static inline long gh_BIO_get_mem_data(BIO *bio, char **data) { return BIO_get_mem_data(bio, data); }

// Certificates

static inline STACK_OF(X509) *gh_X509_stack(void) { return sk_X509_new_null(); }
static inline int gh_X509_stack_push(STACK_OF(X509) *stack, X509 *certificate)
{
    return sk_X509_push(stack, certificate);
}
static inline int gh_X509_stack_count(const STACK_OF(X509) *stack) { return stack ? sk_X509_num(stack) : 0; }
static inline X509 *gh_X509_stack_at(const STACK_OF(X509) *stack, int index) { return sk_X509_value(stack, index); }
static inline void gh_X509_stack_free(STACK_OF(X509) *stack) { sk_X509_pop_free(stack, X509_free); }
static inline int gh_general_name_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline const GENERAL_NAME *gh_general_name_at(const GENERAL_NAMES *names, int index)
{
    return sk_GENERAL_NAME_value(names, index);
}
/// The text of a DNS name, not terminated; NULL when the name is of another kind.
static inline const unsigned char *gh_general_name_dns(const GENERAL_NAME *name, int *length)
{
    if (name->type != GEN_DNS) return NULL;
    *length = ASN1_STRING_length(name->d.dNSName);
    return ASN1_STRING_get0_data(name->d.dNSName);
}
static inline EVP_PKEY *gh_RSA_generate(unsigned int bits) { return EVP_RSA_gen(bits); }
static inline EVP_PKEY *gh_EC_generate(const char *curve) { return EVP_EC_gen(curve); }
static inline int gh_BIO_pending(BIO *bio) { return (int)BIO_pending(bio); }
static inline int gh_string_count(const STACK_OF(OPENSSL_STRING) *strings) { return sk_OPENSSL_STRING_num(strings); }
static inline const char *gh_string_at(const STACK_OF(OPENSSL_STRING) *strings, int index)
{
    return sk_OPENSSL_STRING_value(strings, index);
}

/// Keys the HMAC-SHA-256 of a session ticket.
static inline int gh_ticket_mac(EVP_MAC_CTX *context, const unsigned char *key, size_t length)
{
    OSSL_PARAM parameters[3] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key, length),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(context, parameters);
}
