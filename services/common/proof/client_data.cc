#include "services/common/proof/client_data.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::proof {
namespace {

constexpr absl::string_view kU2fStart = "{\"typ\":";
constexpr absl::string_view kWebauthnStart = "{\"type\":";
constexpr absl::string_view kQuote = "\"";
constexpr absl::string_view kChallenge = "\",\"challenge\":\"";
constexpr absl::string_view kOrigin = "\",\"origin\":\"";
constexpr absl::string_view kPublicKey =
    "\",\"cid_pubkey\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"";
constexpr absl::string_view kY = "\",\"y\":\"";
constexpr absl::string_view kU2fEnd = "\"}}";
constexpr absl::string_view kSameOrigin = "\",\"crossOrigin\":false";
// WebKit writes crossOrigin only where it is true.
constexpr absl::string_view kNothingElse = "\"}";
constexpr absl::string_view kGatewayScheme = "u2fi:";
constexpr size_t kDigestText = 43;  // 32 bytes in base64url.

absl::Status FormatError() {
  return Error(reason::kClientDataFormat,
               "the client data are not of the exact form");
}

bool IsPlain(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isprint(c) && c != '\\';
  });
}

// Takes `lead` and the text up to the next quote off `in`.
bool TakeText(absl::string_view& in, absl::string_view lead,
              absl::string_view& text) {
  if (!absl::ConsumePrefix(&in, lead)) return false;
  text = in.substr(0, in.find('"'));
  in.remove_prefix(text.size());
  return IsPlain(text);
}

// The point with these coordinates; "" if they are none.
std::string PointOf(absl::string_view x_text, absl::string_view y_text) {
  const absl::StatusOr<std::string> x = crypto::FromBase64Url(x_text);
  const absl::StatusOr<std::string> y = crypto::FromBase64Url(y_text);
  const bool valid = x.ok() && y.ok() && x->size() == 32 && y->size() == 32;
  return valid ? absl::StrCat("\x04", *x, *y) : "";
}

bool TakeU2fRest(absl::string_view in, ClientData& data) {
  absl::string_view x, y;
  if (!TakeText(in, kPublicKey, x) || !TakeText(in, kY, y) || in != kU2fEnd) {
    return false;
  }
  data.gateway_point = PointOf(x, y);
  return true;
}

// What both forms share.
bool TakeCommon(absl::string_view& in, ClientData& data) {
  return TakeText(in, kQuote, data.type) &&
         TakeText(in, kChallenge, data.challenge) &&
         data.challenge.size() == kDigestText &&
         TakeText(in, kOrigin, data.origin);
}

bool TakeWebauthnRest(absl::string_view in) {
  if (in == kNothingElse) return true;
  if (!absl::ConsumePrefix(&in, kSameOrigin)) return false;
  return in == "}" || (absl::StartsWith(in, ",") && absl::EndsWith(in, "}"));
}

}  // namespace

std::string GatewayOrigin::Text() const {
  return absl::StrCat(kGatewayScheme, tenant, "/", site, "/", gateway);
}

std::string U2fClientData(absl::string_view typ,
                          const crypto::Digest& challenge,
                          const GatewayOrigin& origin,
                          absl::string_view gateway_point) {
  return absl::StrCat(
      absl::StrCat(kU2fStart, kQuote, typ), kChallenge,
      crypto::Base64Url(crypto::View(challenge)), kOrigin, origin.Text(),
      absl::StrCat(kPublicKey, crypto::Base64Url(gateway_point.substr(1, 32)),
                   kY, crypto::Base64Url(gateway_point.substr(33, 32)),
                   kU2fEnd));
}

std::string WebauthnClientData(absl::string_view type,
                               const crypto::Digest& challenge,
                               absl::string_view origin) {
  return absl::StrCat(kWebauthnStart, kQuote, type, kChallenge,
                      crypto::Base64Url(crypto::View(challenge)), kOrigin,
                      absl::StrCat(origin, kSameOrigin, "}"));
}

absl::StatusOr<ClientData> ParseClientData(absl::string_view bytes) {
  if (bytes.size() > kMaxClientData) return FormatError();
  ClientData data;
  data.is_u2f = absl::ConsumePrefix(&bytes, kU2fStart);
  if (!data.is_u2f && !absl::ConsumePrefix(&bytes, kWebauthnStart)) {
    return Error(reason::kClientDataType,
                 "the client data are neither U2F nor WebAuthn");
  }
  if (!TakeCommon(bytes, data)) return FormatError();
  const bool complete =
      data.is_u2f ? TakeU2fRest(bytes, data) : TakeWebauthnRest(bytes);
  if (!complete) return FormatError();
  return data;
}

absl::Status CheckChallenge(const ClientData& data,
                            const crypto::Digest& challenge) {
  if (data.challenge == crypto::Base64Url(crypto::View(challenge))) {
    return absl::OkStatus();
  }
  return Error(reason::kChallengeMismatch,
               "the client data answer another challenge");
}

absl::StatusOr<GatewayOrigin> ParseGatewayOrigin(absl::string_view origin) {
  const bool ours = absl::ConsumePrefix(&origin, kGatewayScheme);
  const std::vector<std::string> ids = absl::StrSplit(origin, '/');
  if (!ours || ids.size() != 3 || !IsId(ids[0]) || !IsId(ids[1]) ||
      !IsId(ids[2])) {
    return Error(reason::kOriginMismatch, "the origin is no gateway");
  }
  return GatewayOrigin{ids[0], ids[1], ids[2]};
}

}  // namespace u2fi::proof
