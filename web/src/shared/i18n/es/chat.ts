// Textos del chat alrededor de los mensajes: entrar, salas, personas, ajustes.
export default {} as const;
