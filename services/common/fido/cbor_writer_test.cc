#include "services/common/fido/cbor_writer.h"

#include "gtest/gtest.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::fido {
namespace {

// RFC 8949, appendix A.
TEST(CborWriterTest, GivesThePublishedBytes) {
  EXPECT_EQ(crypto::Hex(cbor::Integer(0)), "00");
  EXPECT_EQ(crypto::Hex(cbor::Integer(23)), "17");
  EXPECT_EQ(crypto::Hex(cbor::Integer(24)), "1818");
  EXPECT_EQ(crypto::Hex(cbor::Integer(1000)), "1903e8");
  EXPECT_EQ(crypto::Hex(cbor::Integer(1000000)), "1a000f4240");
  EXPECT_EQ(crypto::Hex(cbor::Integer(1000000000000)), "1b000000e8d4a51000");
  EXPECT_EQ(crypto::Hex(cbor::Integer(-1)), "20");
  EXPECT_EQ(crypto::Hex(cbor::Integer(-1000)), "3903e7");
  EXPECT_EQ(crypto::Hex(cbor::Bytes("\x01\x02\x03\x04")), "4401020304");
  EXPECT_EQ(crypto::Hex(cbor::Text("IETF")), "6449455446");
  EXPECT_EQ(crypto::Hex(cbor::Boolean(false)), "f4");
  EXPECT_EQ(crypto::Hex(cbor::Boolean(true)), "f5");
  EXPECT_EQ(crypto::Hex(cbor::Array({cbor::Integer(1), cbor::Integer(2)})),
            "820102");
  EXPECT_EQ(crypto::Hex(cbor::Map({{cbor::Integer(1), cbor::Integer(2)},
                                   {cbor::Integer(3), cbor::Integer(4)}})),
            "a201020304");
}

}  // namespace
}  // namespace u2fi::fido
