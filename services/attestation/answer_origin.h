#ifndef U2FI_SERVICES_ATTESTATION_ANSWER_ORIGIN_H_
#define U2FI_SERVICES_ATTESTATION_ANSWER_ORIGIN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/fido/ceremony.h"
#include "u2fi/common/v1/token.pb.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::attestation {

// What an answer that a gateway made must say, from the statement that it
// answers and the channel that it came in on. The site in its origin is the
// gateway's own, which no statement names: any canonical one is taken, since
// the gateway's id is unique in its tenant and its key is checked.
//
// The first step that fails is the answer:
//   channel      the stream is the one that was asked · CHANNEL_KEY_MISMATCH,
//                GATEWAY_MISMATCH
//   client_data  in the exact form of a gateway · CLIENT_DATA_FORMAT,
//                CLIENT_DATA_TYPE
//   origin       that tenant and gateway · ORIGIN_MISMATCH
//   channel_id   the gateway's identity key · CHANNEL_ID_MISMATCH
absl::StatusOr<fido::Expectation> ExpectationOf(
    const proof::v1::AuthorizationStatement& statement,
    absl::string_view statement_bytes, const common::v1::AnswerChannel& channel,
    absl::string_view client_data, const std::string& rp_id);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ANSWER_ORIGIN_H_
