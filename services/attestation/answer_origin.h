#ifndef U2FI_SERVICES_ATTESTATION_ANSWER_ORIGIN_H_
#define U2FI_SERVICES_ATTESTATION_ANSWER_ORIGIN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/fido/ceremony.h"
#include "u2fi/common/v1/token.pb.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::attestation {

// Who the deployment is to tokens and browsers.
struct RelyingParty {
  // Fixed for ever.
  std::string rp_id;
  // Of the portal. None: no browser.
  std::vector<std::string> origins;
};

// What an answer must say, from the statement that it answers and the channel
// that it came in on: at a gateway U2F or WebAuthn client data that name it,
// in a browser WebAuthn client data that name the portal. The site in a
// gateway's origin is its own, which no statement names: any canonical one is
// taken, since the gateway's id is unique in its tenant and its key is
// checked.
//
// The first step that fails is the answer:
//   channel      the stream is the one that was asked · CHANNEL_KEY_MISMATCH,
//                GATEWAY_MISMATCH
//   portal       browser: one of the deployment's origins ·
//                BROWSER_NOT_ALLOWED
//   client_data  in a form that devices can check · CLIENT_DATA_FORMAT,
//                CLIENT_DATA_TYPE
//   origin       that tenant and gateway, or that portal · ORIGIN_MISMATCH
//   channel_id   the gateway's identity key · CHANNEL_ID_MISMATCH
absl::StatusOr<fido::Expectation> ExpectationOf(
    const proof::v1::AuthorizationStatement& statement,
    absl::string_view statement_bytes, const common::v1::AnswerChannel& channel,
    absl::string_view client_data, const RelyingParty& party);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ANSWER_ORIGIN_H_
