#ifndef U2FI_SERVICES_COMMON_HTTP_CURL_POSTER_H_
#define U2FI_SERVICES_COMMON_HTTP_CURL_POSTER_H_

#include <memory>
#include <string>

#include "services/common/http/https_poster.h"

namespace u2fi::http {

// HttpsPoster with Debian's libcurl. TLS 1.2 or newer, the certificate and its
// name are checked; https only, HTTP/1.1, no redirects, no proxy, no cookies,
// no credentials from files; at most 64 KiB of an answer are read. One
// connection is kept between calls.
//
// Which CAs: the file that SSL_CERT_FILE names, as for other programs with
// OpenSSL; else the machine's (Debian's package ca-certificates).
std::unique_ptr<HttpsPoster> MakeCurlPoster();

// The same with a CA file of one's own; empty: the machine's.
std::unique_ptr<HttpsPoster> MakeCurlPoster(std::string ca_file);

}  // namespace u2fi::http

#endif  // U2FI_SERVICES_COMMON_HTTP_CURL_POSTER_H_
