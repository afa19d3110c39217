#include "tools/soft-token/ctap2_request.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/fido/cbor_writer.h"

namespace u2fi::soft_token {
namespace {

namespace cbor = fido::cbor;
using testing::ElementsAre;
using testing::IsEmpty;

std::string Integer() { return cbor::Integer(1); }

// An entry of a list of algorithms or credentials.
std::string Entry(const std::string& name, const std::string& value,
                  const std::string& type = "public-key") {
  return cbor::Map(
      {{cbor::Text(name), value}, {cbor::Text("type"), cbor::Text(type)}});
}

// A right request whose parameters a test replaces; an empty one is left out.
class Ctap2RequestTest : public testing::Test {
 protected:
  std::string Encode() const {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& [key, value] : parameters_) {
      if (!value.empty()) pairs.emplace_back(cbor::Integer(key), value);
    }
    return cbor::Map(pairs);
  }

  const std::string hash_ = std::string(32, 'h');
  std::map<int64_t, std::string> parameters_;
};

class MakeCredentialTest : public Ctap2RequestTest {
 protected:
  MakeCredentialTest() {
    parameters_ = {
        {1, cbor::Bytes(hash_)},
        {2, cbor::Map({{cbor::Text("id"), cbor::Text("u2fi.test")}})},
        {3, cbor::Map({{cbor::Text("id"), cbor::Bytes("user")}})},
        {4, cbor::Array({Entry("alg", cbor::Integer(-7))})}};
  }
  Ctap2Status Read() { return ReadRequest(Encode(), request_); }
  Ctap2Status With(int64_t key, const std::string& value) {
    parameters_[key] = value;
    return Read();
  }

  MakeCredentialRequest request_;
};

TEST_F(MakeCredentialTest, ARightOneIsRead) {
  ASSERT_EQ(Read(), Ctap2Status::kOk);
  EXPECT_EQ(request_.client_data_hash, hash_);
  EXPECT_EQ(request_.rp_id, "u2fi.test");
  EXPECT_THAT(request_.algorithms, ElementsAre(-7));
  EXPECT_THAT(request_.exclude, IsEmpty());
  EXPECT_TRUE(request_.options.touch);
  EXPECT_FALSE(request_.options.user_verification);
}

TEST_F(MakeCredentialTest, WhatIsExcludedAndTheOptionsAreRead) {
  parameters_[5] = cbor::Array({Entry("id", cbor::Bytes("k1"))});
  parameters_[7] = cbor::Map({{cbor::Text("rk"), cbor::Boolean(true)},
                              {cbor::Text("uv"), cbor::Boolean(true)}});
  parameters_[8] = cbor::Bytes("proof");
  parameters_[9] = cbor::Integer(2);
  ASSERT_EQ(Read(), Ctap2Status::kOk);
  EXPECT_THAT(request_.exclude, ElementsAre("k1"));
  EXPECT_TRUE(request_.options.resident);
  EXPECT_TRUE(request_.options.user_verification);
  EXPECT_EQ(request_.options.pin_auth, "proof");
  EXPECT_EQ(request_.options.pin_protocol, 2);
}

TEST_F(MakeCredentialTest, EntriesOfAnotherTypeAreSkipped) {
  parameters_[4] = cbor::Array({Entry("alg", cbor::Integer(-7), "other"),
                                Entry("alg", cbor::Integer(-8))});
  ASSERT_EQ(Read(), Ctap2Status::kOk);
  EXPECT_THAT(request_.algorithms, ElementsAre(-8));
}

TEST_F(MakeCredentialTest, EachRequiredParameterMustBeThere) {
  for (const int64_t key : {1, 2, 3, 4}) {
    std::string missing;
    parameters_[key].swap(missing);
    EXPECT_EQ(Read(), Ctap2Status::kMissingParameter) << key;
    parameters_[key].swap(missing);
  }
}

TEST_F(MakeCredentialTest, EachParameterHasItsType) {
  for (const int64_t key : {1, 2, 3, 4, 5, 7}) {
    std::string wrong = Integer();
    parameters_[key].swap(wrong);
    EXPECT_EQ(Read(), Ctap2Status::kUnexpectedType) << key;
    parameters_[key].swap(wrong);
  }
}

TEST_F(MakeCredentialTest, AHashHas32Bytes) {
  EXPECT_EQ(With(1, cbor::Bytes(std::string(31, 'h'))),
            Ctap2Status::kUnexpectedType);
}

TEST_F(MakeCredentialTest, TheRelyingPartyHasAnId) {
  EXPECT_EQ(With(2, cbor::Map({})), Ctap2Status::kMissingParameter);
}

TEST_F(MakeCredentialTest, TheIdOfTheRelyingPartyIsAText) {
  EXPECT_EQ(With(2, cbor::Map({{cbor::Text("id"), Integer()}})),
            Ctap2Status::kUnexpectedType);
}

TEST_F(MakeCredentialTest, TheUserHasAnId) {
  EXPECT_EQ(With(3, cbor::Map({})), Ctap2Status::kMissingParameter);
}

TEST_F(MakeCredentialTest, TheIdOfTheUserIsBytes) {
  EXPECT_EQ(With(3, cbor::Map({{cbor::Text("id"), cbor::Text("user")}})),
            Ctap2Status::kUnexpectedType);
}

TEST_F(MakeCredentialTest, AnAlgorithmIsANumber) {
  EXPECT_EQ(With(4, cbor::Array({Entry("alg", cbor::Text("ES256"))})),
            Ctap2Status::kUnexpectedType);
}

TEST_F(MakeCredentialTest, AnAlgorithmHasItsNumber) {
  EXPECT_EQ(With(4, cbor::Array({Entry("other", Integer())})),
            Ctap2Status::kMissingParameter);
}

TEST_F(MakeCredentialTest, AnEntryIsAMap) {
  EXPECT_EQ(With(4, cbor::Array({Integer()})), Ctap2Status::kUnexpectedType);
}

TEST_F(MakeCredentialTest, AnEntryHasAType) {
  EXPECT_EQ(With(4, cbor::Array({cbor::Map({{cbor::Text("alg"), Integer()}})})),
            Ctap2Status::kMissingParameter);
}

TEST_F(MakeCredentialTest, TheTypeOfAnEntryIsAText) {
  EXPECT_EQ(
      With(4, cbor::Array({cbor::Map({{cbor::Text("alg"), Integer()},
                                      {cbor::Text("type"), Integer()}})})),
      Ctap2Status::kUnexpectedType);
}

TEST_F(MakeCredentialTest, ACredentialsIdIsBytes) {
  EXPECT_EQ(With(5, cbor::Array({Entry("id", Integer())})),
            Ctap2Status::kUnexpectedType);
}

TEST_F(MakeCredentialTest, AnOptionIsABoolean) {
  EXPECT_EQ(With(7, cbor::Map({{cbor::Text("uv"), Integer()}})),
            Ctap2Status::kUnexpectedType);
}

TEST_F(MakeCredentialTest, BrokenCborIsRefused) {
  EXPECT_EQ(ReadRequest("\xa1", request_), Ctap2Status::kInvalidCbor);
  EXPECT_EQ(ReadRequest("", request_), Ctap2Status::kInvalidCbor);
}

TEST_F(MakeCredentialTest, CborBehindTheMapIsRefused) {
  EXPECT_EQ(ReadRequest(Encode() + Integer(), request_),
            Ctap2Status::kInvalidCbor);
}

TEST_F(MakeCredentialTest, AnythingButAMapIsRefused) {
  EXPECT_EQ(ReadRequest(cbor::Array({}), request_), Ctap2Status::kInvalidCbor);
}

TEST_F(MakeCredentialTest, TheLongestMessageIsReadAndNoLongerOne) {
  const std::string user = std::string(kMaxCtap2Message, 'u');
  parameters_[3] = cbor::Map({{cbor::Text("id"), cbor::Bytes(user)}});
  // The command byte counts.
  const size_t over = Encode().size() + 1 - kMaxCtap2Message;
  const std::string fits = user.substr(over);
  EXPECT_EQ(With(3, cbor::Map({{cbor::Text("id"), cbor::Bytes(fits)}})),
            Ctap2Status::kOk);
  EXPECT_EQ(With(3, cbor::Map({{cbor::Text("id"), cbor::Bytes(fits + "u")}})),
            Ctap2Status::kRequestTooLarge);
}

class GetAssertionTest : public Ctap2RequestTest {
 protected:
  GetAssertionTest() {
    parameters_ = {{1, cbor::Text("u2fi.test")},
                   {2, cbor::Bytes(hash_)},
                   {3, cbor::Array({Entry("id", cbor::Bytes("k1"))})},
                   {5, cbor::Map({{cbor::Text("up"), cbor::Boolean(false)}})}};
  }
  Ctap2Status Read() { return ReadRequest(Encode(), request_); }

  GetAssertionRequest request_;
};

TEST_F(GetAssertionTest, ARightOneIsRead) {
  ASSERT_EQ(Read(), Ctap2Status::kOk);
  EXPECT_EQ(request_.rp_id, "u2fi.test");
  EXPECT_EQ(request_.client_data_hash, hash_);
  EXPECT_THAT(request_.allow, ElementsAre("k1"));
  EXPECT_FALSE(request_.options.touch);
}

TEST_F(GetAssertionTest, EachRequiredParameterMustBeThere) {
  for (const int64_t key : {1, 2}) {
    std::string missing;
    parameters_[key].swap(missing);
    EXPECT_EQ(Read(), Ctap2Status::kMissingParameter) << key;
    parameters_[key].swap(missing);
  }
}

TEST_F(GetAssertionTest, EachParameterHasItsType) {
  for (const int64_t key : {1, 2, 3, 5}) {
    std::string wrong = Integer();
    parameters_[key].swap(wrong);
    EXPECT_EQ(Read(), Ctap2Status::kUnexpectedType) << key;
    parameters_[key].swap(wrong);
  }
}

TEST_F(GetAssertionTest, APinsProofIsSeen) {
  parameters_[6] = cbor::Bytes("proof");
  parameters_[7] = cbor::Integer(1);
  ASSERT_EQ(Read(), Ctap2Status::kOk);
  EXPECT_EQ(request_.options.pin_auth, "proof");
  EXPECT_EQ(request_.options.pin_protocol, 1);
}

class ClientPinTest : public Ctap2RequestTest {
 protected:
  ClientPinTest() {
    parameters_ = {{1, cbor::Integer(2)},
                   {2, cbor::Integer(9)},
                   {3, Key()},
                   {4, cbor::Bytes("proof")},
                   {5, cbor::Bytes("new")},
                   {6, cbor::Bytes("hash")},
                   {9, cbor::Integer(3)},
                   {10, cbor::Text("u2fi.test")}};
  }
  static std::string Key(int64_t algorithm = -25, size_t size = 32) {
    return cbor::Map(
        {{cbor::Integer(1), cbor::Integer(2)},
         {cbor::Integer(3), cbor::Integer(algorithm)},
         {cbor::Integer(-1), cbor::Integer(1)},
         {cbor::Integer(-2), cbor::Bytes(std::string(32, 'x'))},
         {cbor::Integer(-3), cbor::Bytes(std::string(size, 'y'))}});
  }
  Ctap2Status Read() { return ReadRequest(Encode(), request_); }

  ClientPinRequest request_;
};

TEST_F(ClientPinTest, ARightOneIsRead) {
  ASSERT_EQ(Read(), Ctap2Status::kOk);
  EXPECT_EQ(request_.command, PinCommand::kGetTokenWithPermissions);
  EXPECT_EQ(request_.protocol, 2);
  EXPECT_EQ(request_.peer,
            "\x04" + std::string(32, 'x') + std::string(32, 'y'));
  EXPECT_EQ(request_.proof, "proof");
  EXPECT_EQ(request_.new_pin, "new");
  EXPECT_EQ(request_.pin_hash, "hash");
  EXPECT_EQ(request_.permissions, 3);
  EXPECT_EQ(request_.rp_id, "u2fi.test");
}

TEST_F(ClientPinTest, AllButTheCommandMayBeAbsent) {
  parameters_ = {{2, cbor::Integer(1)}};
  ASSERT_EQ(Read(), Ctap2Status::kOk);
  EXPECT_FALSE(request_.protocol.has_value());
  EXPECT_FALSE(request_.peer.has_value());
  EXPECT_FALSE(request_.proof.has_value());
  EXPECT_FALSE(request_.permissions.has_value());
  parameters_ = {{1, cbor::Integer(1)}};
  EXPECT_EQ(Read(), Ctap2Status::kMissingParameter);
}

TEST_F(ClientPinTest, EachParameterHasItsType) {
  for (const int64_t key : {1, 2, 3, 4, 5, 6, 9, 10}) {
    std::string wrong = cbor::Boolean(true);
    parameters_[key].swap(wrong);
    EXPECT_EQ(Read(), Ctap2Status::kUnexpectedType) << key;
    parameters_[key].swap(wrong);
  }
}

TEST_F(ClientPinTest, AKeyForSomethingElseIsRefused) {
  for (const std::string& key : {Key(-7), Key(-25, 31), cbor::Map({})}) {
    parameters_[3] = key;
    EXPECT_EQ(Read(), Ctap2Status::kInvalidParameter);
  }
}

}  // namespace
}  // namespace u2fi::soft_token
